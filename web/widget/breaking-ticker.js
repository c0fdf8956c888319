/** `<script type="module" src="…/widget/breaking-ticker.js">`: makes `<breaking-ticker>` known to the page. */

import { BreakingTicker } from "./element.js";

if (!customElements.get("breaking-ticker")) customElements.define("breaking-ticker", BreakingTicker);

export { BreakingTicker };
