/** Defines `<breaking-ticker>`; pages load it with `<script type="module" src="…/widget/breaking-ticker.js">`. */

import { BreakingTicker } from "./element.js";

if (!customElements.get("breaking-ticker")) customElements.define("breaking-ticker", BreakingTicker);

export { BreakingTicker };
