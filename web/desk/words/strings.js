/** The sentences of the desk page by language; a test checks that the languages have the same keys and blanks. */

import { ar } from "./ar.js";
import { en } from "./en.js";
import { es } from "./es.js";

/** @type {Record<string, Record<string, string>>} */
export const STRINGS = { en, es, ar };

/** The direction of the interface in each language. @type {Record<string, string>} */
export const DIRECTIONS = { en: "ltr", es: "ltr", ar: "rtl" };
