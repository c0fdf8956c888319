/** The copy buttons of the demo page. */

import { showCopyButtons } from "../developers/copy.js";

showCopyButtons();
