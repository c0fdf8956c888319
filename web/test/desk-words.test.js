/** The desk page has the same sentences in three languages, with the same blanks, and none that it does not use. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";

import { DIRECTIONS, STRINGS } from "../desk/words/strings.js";

const english = STRINGS.en ?? {};
const folder = new URL("../desk/", import.meta.url);
const names = readdirSync(folder, { recursive: true, encoding: "utf8" });

/** @param {(name: string) => boolean} isWanted */
const textOf = (isWanted) =>
  names
    .filter(isWanted)
    .map((name) => readFileSync(new URL(name, folder), "utf8"))
    .join("\n");
// The table of pages names the sentences of the navigation.
const pages = readFileSync(new URL("../../publisher/page/templates.py", import.meta.url), "utf8");
const page = textOf((name) => name.endsWith(".html")) + pages;
const code = textOf(
  (name) => name.endsWith(".js") && !name.endsWith("words.js") && !name.startsWith("words/"),
);

/** @param {string} sentence */
const blanks = (sentence) => [...sentence.matchAll(/\{\w+\}/gu)].map(([blank]) => blank).sort();

for (const [language, sentences] of Object.entries(STRINGS)) {
  test(`${language} has every sentence and no other`, () => {
    assert.deepEqual(Object.keys(sentences).sort(), Object.keys(english).sort());
  });

  test(`${language} has no empty sentence and no missing blank`, () => {
    for (const [key, sentence] of Object.entries(sentences)) {
      assert.notEqual(sentence.trim(), "", key);
      assert.deepEqual(blanks(sentence), blanks(english[key] ?? ""), key);
    }
  });

  test(`${language} has a direction`, () => {
    assert.ok(["ltr", "rtl"].includes(DIRECTIONS[language] ?? ""));
  });
}

test("Arabic is written in Arabic and the others are not", () => {
  for (const [language, sentences] of Object.entries(STRINGS)) {
    for (const [key, sentence] of Object.entries(sentences)) {
      const words = sentence.replace(/\{\w+\}/gu, "");
      if (!/\p{L}{2}/u.test(words)) continue;
      assert.equal(/\p{Script=Arabic}/u.test(words), language === "ar", `${language} ${key}`);
    }
  }
});

/** One word for one thing: if English has the first, the other languages have theirs. @type {[RegExp, Record<string, RegExp>][]} */
const TERMS = [
  [/\bversion/iu, { ar: /إصدار/u, es: /versión/iu }],
  [/\bedition/iu, { ar: /نسخ/u, es: /edici[oó]n/iu }],
  [/\btoken/iu, { ar: /رمز|رموز/u, es: /token/iu }],
  [/\bstream\b/iu, { ar: /البث/u, es: /flujo/iu }],
  [/\bdesk\b/iu, { ar: /مكتب/u, es: /\bmesa\b/iu }],
  [/\breaders\b/iu, { ar: /القراء|للقراء/u, es: /público/iu }],
  [/\brole\b/iu, { ar: /صفة/u, es: /función|qué es/iu }],
  [/\bchief\b/iu, { ar: /رئيس|رئاسة/u, es: /jefe|jefatura/iu }],
  [/\bwithdraw/iu, { ar: /سحب|سُحب|مسحوب/u, es: /retir/iu }],
  [/\brefil/iu, { ar: /ن\p{M}*ق\p{M}*ح|تنقيح/u, es: /reto(?:c|qu)/iu }],
  [/\breleas/iu, { ar: /أ\p{M}*ع|عاد|عيد/u, es: /liber/iu }],
  [/\bon air\b/iu, { ar: /الهواء/u, es: /(?:en el|al) aire/iu }],
  [/\bline\b/iu, { ar: /سطر/u, es: /línea/iu }],
  [/\bitem\b/iu, { ar: /خبر/u, es: /elemento/iu }],
  [/\bsource/iu, { ar: /مصدر|مصادر/u, es: /fuente/iu }],
  [/\bsign in\b/iu, { ar: /دخل|دخول/u, es: /\bentr/iu }],
  [/\bsign out\b/iu, { ar: /خروج/u, es: /\bsalir/iu }],
];

test("a thing has one name in all sentences", () => {
  for (const [key, sentence] of Object.entries(english)) {
    for (const [term, names] of TERMS) {
      if (!term.test(sentence.replace(/\{\w+\}|“flashwire.*”/gu, ""))) continue;
      for (const [language, name] of Object.entries(names))
        assert.match(STRINGS[language]?.[key] ?? "", name, `${language} ${key}`);
    }
  }
});

test("every sentence that the page names exists", () => {
  for (const [, key] of page.matchAll(/data-t(?:-label)?="([^"{]+)"/gu))
    assert.ok(key && key in english, key);
  for (const [, key] of code.matchAll(/"((?:[a-z]+\.)+[a-z]+)"/gu)) {
    const family = key?.split(".", 1)[0];
    const known = Object.keys(english).some((candidate) => candidate.startsWith(`${family}.`));
    if (known && !key?.startsWith("flashwire.")) assert.ok(key && key in english, key);
  }
});

test("every sentence is used", () => {
  const families = [...code.matchAll(/`([a-z]*\.?[a-z]*\.)\$\{/gu)].map(([, family]) => family ?? "");
  // A rehearsal's sentence replaces the one without the ending.
  for (const key of Object.keys(english).map((name) => name.replace(/\.rehearsal$/u, ""))) {
    const isUsed =
      page.includes(`"${key}"`) ||
      code.includes(`"${key}"`) ||
      families.some((family) => family && key.startsWith(family));
    assert.ok(isUsed, key);
  }
});
