/** What the composer does with a text while it is typed: editions, invisible marks, pasted lines, sources. */
import assert from "node:assert/strict";
import test from "node:test";
import { editionDoubt } from "../desk/compose/edition-doubt.js";
import { likelyRole } from "../desk/compose/likely-role.js";
import { invisibleMarks, withoutMarks } from "../desk/compose/marks.js";
import { pastedLines } from "../desk/compose/pasted.js";
import { sourcePlace, withSource } from "../desk/compose/source-place.js";

const editions = {
  en: { language: "en", direction: "ltr", name: "English" },
  es: { language: "es-ES", direction: "ltr", name: "Español" },
  ar: { language: "ar", direction: "rtl", name: "العربية" },
};
const sources = {
  cd: { role: "official", names: { en: "Civil Defence", ar: "الدفاع المدني" } },
  hm: { role: "official", names: { en: "Health ministry", ar: "وزارة الصحة" } },
};

/** @type {[string, string, "script" | "language" | null, string | null][]} */
const DOUBTS = [
  ["en", "انتشال شخصين من تحت الأنقاض", "script", "ar"],
  ["en", "مقتل ثلاثة في انفجار قرب Continental Palace", "script", "ar"],
  ["en", "Two people pulled alive from the rubble", null, null],
  ["en", "Dos personas rescatadas con vida de los escombros en la ciudad", "language", "es"],
  ["es", "Two people were pulled alive from the rubble in the old town", "language", "en"],
  ["es", "El presidente de The New York Times visita Madrid", null, null],
  ["es", "Rescatan con vida a dos personas", null, null],
  ["ar", "شركة Apple تطلق هاتف iPhone Pro الجديد", null, null],
  ["ar", "هبوط طائرة A320 بسلام في مطار بيروت", null, null],
  ["ar", "هبوط طائرة A320 (F79C3C7E) بسلام", null, null],
  ["ar", "Plane lands safely in Beirut", "script", "en"],
  ["en", "يا", null, null],
  ["en", "A320", null, null],
  ["en", "“الحرية” is the party’s new name, its leader says", null, null],
];

for (const [edition, text, kind, other] of DOUBTS) {
  test(`in the edition ${edition}, “${text}” is ${kind ? `asked about (${other})` : "not asked about"}`, () => {
    const doubt = editionDoubt(text, edition, editions);
    assert.equal(doubt?.kind ?? null, kind);
    assert.equal(doubt?.edition ?? null, other);
  });
}

/** @type {[string, string][]} */
const MARKS = [
  ["a\u200bb\u00adc", "abc"],
  ["\ufeff\u200eTwo\u200f dead\u2060", "Two dead"],
  ["می\u200cشود", "می\u200cشود"],
  ["foo\u200cbar", "foobar"],
  ["👩\u200d🚒 and ❤\ufe0f", "👩\u200d🚒 and ❤\ufe0f"],
  ["👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"],
  ["a\ufe0fb", "ab"],
  [
    "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
  ],
  ["\u202eevil\u202c", "evil"],
  ["سورة \u06dd١", "سورة \u06dd١"],
  ["a\tb", "a\tb"],
];

for (const [text, clean] of MARKS) {
  test(`the marks of ${JSON.stringify(text)} that nobody needs are removed`, () => {
    assert.equal(withoutMarks(text), clean);
    assert.equal(invisibleMarks(text).length, [...text].length - [...clean].length);
    assert.deepEqual(invisibleMarks(clean), []);
  });
}

test("pasted lines lose their bullets and empty lines, and keep numbers that belong to them", () => {
  const text = "• A: one\r\n\n  2) B: two\n– C: three\u2028D:\tfour\n12 dead\n2026-01-02 E: five";
  assert.deepEqual(pastedLines(text), [
    "A: one",
    "B: two",
    "C: three",
    "D: four",
    "12 dead",
    "2026-01-02 E: five",
  ]);
  assert.deepEqual(pastedLines("one line\n"), ["one line"]);
});

/** What is pasted as one line of a list, and the line of it. @type {[string, string][]} */
const LIST_LINES = [
  ["100. Health ministry: Two injured", "Health ministry: Two injured"],
  ["٣. وزارة الصحة: إصابة شخصين", "وزارة الصحة: إصابة شخصين"],
  ["١٢- وزارة الصحة: إصابة شخصين", "وزارة الصحة: إصابة شخصين"],
  ["3- Health ministry: Two injured", "Health ministry: Two injured"],
  ["\u200f• \u200fوزارة الصحة: إصابة شخصين", "وزارة الصحة: إصابة شخصين"],
  ["\u200f١\u200f. وزارة الصحة: إصابة شخصين", "وزارة الصحة: إصابة شخصين"],
  ["\u2067\u200f2.\u200f\tوزارة الصحة: إصابة شخصين", "وزارة الصحة: إصابة شخصين"],
  ["\uf0b7\tHealth ministry: Two injured", "Health ministry: Two injured"],
  ["⁃ Health ministry: Two injured", "Health ministry: Two injured"],
  ["\u200fوزارة الصحة: إصابة شخصين", "\u200fوزارة الصحة: إصابة شخصين"],
  ["Minister: “We said: no”", "Minister: “We said: no”"],
  ["“We said: no”: Minister", "“We said: no”: Minister"],
  ["2026. A year", "2026. A year"],
  ["3-1 at the half: Match office", "3-1 at the half: Match office"],
  ["10:45 train: Railway", "10:45 train: Railway"],
  ["-5 degrees: Weather office", "-5 degrees: Weather office"],
];

for (const [text, line] of LIST_LINES) {
  test(`of ${JSON.stringify(text)} in a pasted list, ${JSON.stringify(line)} is the line`, () => {
    assert.deepEqual(pastedLines(`${text}\r\n\u200f\r\n \u200b \n${text}\n`), [line, line]);
  });
}

test("every kind of line break ends a line, and mixed ones leave no empty line", () => {
  const breaks = ["\n", "\r\n", "\r", "\v", "\f", "\u0085", "\u2028", "\u2029", "\r\n\r\n", "\n\r"];
  const lines = [...breaks, ""].map((_, index) => `Civil Defence: line ${index}`);
  assert.deepEqual(pastedLines(lines.map((line, index) => line + (breaks[index] ?? "")).join("")), lines);
});

/** The line with | as the caret, the source that is looked for, whether unasked, and the line after choosing “X”. @type {[string, string, boolean, string][]} */
const PLACES = [
  ["civ|", "civ", true, "X: |"],
  ["civ| Two injured", "civ", true, "X: |Two injured"],
  ["Heal|th ministry: Two injured", "Heal", true, "X: |Two injured"],
  ["Health ministry|: Two injured", "Health ministry", false, "X: |Two injured"],
  ["Health ministry: Two in|jured", "", false, "X: Two in|jured"],
  ["Two injured|", "", false, "X: Two injured|"],
  ["Two injured, civ|", "civ", false, "X: Two injured, |"],
  ["|Two injured", "", false, "X: |Two injured"],
  ["Health ministry:|", "", false, "X: |"],
  ["الدف|", "الدف", true, "X: |"],
];

for (const [typed, query, isTyped, after] of PLACES) {
  test(`at “${typed}” sources are looked for by “${query}”`, () => {
    const caret = typed.indexOf("|");
    const place = sourcePlace(typed.replace("|", ""), caret, sources, "en");
    assert.equal(place.query, query);
    assert.equal(place.isTyped, isTyped);
    const chosen = withSource(place, "X");
    assert.equal(`${chosen.line.slice(0, chosen.caret)}|${chosen.line.slice(chosen.caret)}`, after);
  });
}

/** @type {[string, string][]} */
const ROLES = [
  ["@harbour_watch", "platform"],
  ["Telegram", "platform"],
  ["تلغرام", "platform"],
  ["Government spokeswoman", "spokesperson"],
  ["Portavoz del Gobierno", "spokesperson"],
  ["المتحدث باسم الجيش", "spokesperson"],
  ["Our correspondent in Vala", "correspondent"],
  ["Enviada especial", "correspondent"],
  ["موفدنا", "correspondent"],
  ["Interior ministry", "official"],
  ["Policía Nacional", "official"],
  ["وزارة الداخلية", "official"],
  ["AFP", "agency"],
  ["وكالة الأنباء", "agency"],
  ["Two neighbours", "eyewitness"],
  ["شهود عيان", "eyewitness"],
  ["Court ruling", "document"],
  ["Harbour workers’ union", "organisation"],
  ["Napoli", "organisation"],
];

for (const [name, role] of ROLES) {
  test(`a new source called “${name}” begins as ${role}`, () => {
    const all = ["official", ...ROLES.map(([, each]) => each)];
    assert.equal(likelyRole(name, all), role);
  });
}

test("a new source begins with a role that the site has", () => {
  assert.equal(likelyRole("AFP", ["official"]), "official");
  assert.equal(likelyRole("AFP", []), "");
});
