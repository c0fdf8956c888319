/** The words of the desk page by language; a test holds the languages to the same sentences with the same blanks. */

import { ar } from "./ar.js";
import { en } from "./en.js";
import { es } from "./es.js";

/** @type {Record<string, Record<string, string>>} */
export const STRINGS = { en, es, ar };

/** The direction of the interface in each language. @type {Record<string, string>} */
export const DIRECTIONS = { en: "ltr", es: "ltr", ar: "rtl" };
