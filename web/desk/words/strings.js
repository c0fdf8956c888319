/**
 * The sentences of the desk's pages by language; a test checks that the languages have the same keys and blanks.
 *
 * A room with sentences of its own lists them in its `words.js`, in all languages next to each other.
 */

import { words as account } from "../account/words.js";
import { words as at } from "../at/words.js";
import { words as audit } from "../audit/words.js";
import { words as channels } from "../compose/channel-words.js";
import { words as options } from "../compose/option-words.js";
import { words as compose } from "../compose/words.js";
import { words as editions } from "../editions/words.js";
import { words as handover } from "../handover/words.js";
import { words as bulk } from "../items/bulk-words.js";
import { words as more } from "../items/more-words.js";
import { words as items } from "../items/words.js";
import { words as guard } from "../kill/words.js";
import { words as people } from "../people/words.js";
import { words as rehearsal } from "../rehearsal/words.js";
import { words as zones } from "../shell/zone-words.js";
import { words as signIn } from "../sign-in/words.js";
import { words as sources } from "../sources/words.js";
import { words as waiting } from "../waiting/words.js";
import { ar } from "./ar.js";
import { en } from "./en.js";
import { es } from "./es.js";

/** The sentences of the rooms. @type {{en: Record<string, string>, es: Record<string, string>, ar: Record<string, string>}[]} */
const ROOMS = [
  account,
  at,
  audit,
  bulk,
  channels,
  compose,
  editions,
  handover,
  items,
  more,
  guard,
  options,
  people,
  rehearsal,
  signIn,
  sources,
  waiting,
  zones,
];

/** @type {Record<string, Record<string, string>>} */
export const STRINGS = {
  en: Object.assign({}, en, ...ROOMS.map((words) => words.en)),
  es: Object.assign({}, es, ...ROOMS.map((words) => words.es)),
  ar: Object.assign({}, ar, ...ROOMS.map((words) => words.ar)),
};

/** The direction of the interface in each language. @type {Record<string, string>} */
export const DIRECTIONS = { en: "ltr", es: "ltr", ar: "rtl" };
