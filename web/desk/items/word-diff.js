/** The difference between two texts, word by word: what stayed, what is gone, and what is new. */

/** @typedef {{kind: "same" | "old" | "new", text: string}} Part */

/**
 * @param {string} before
 * @param {string} after
 * @param {string} language decides where words begin and end
 * @returns {Part[]} what is gone comes before what is new in its place
 */
export function diffWords(before, after, language) {
  const [old, fresh] = [words(before, language), words(after, language)];
  const lengths = commonLengths(old, fresh);
  /** @type {Part[]} */
  const parts = [];
  /** @param {Part["kind"]} kind @param {string} text */
  const add = (kind, text) => {
    const last = parts.at(-1);
    if (last?.kind === kind) last.text += text;
    else parts.push({ kind, text });
  };
  let [i, j] = [0, 0];
  while (i < old.length || j < fresh.length) {
    if (i < old.length && j < fresh.length && old[i] === fresh[j]) {
      add("same", old[i++] ?? "");
      j++;
    } else if (
      j >= fresh.length ||
      (i < old.length && lengthAt(lengths, i + 1, j) >= lengthAt(lengths, i, j + 1))
    )
      add("old", old[i++] ?? "");
    else add("new", fresh[j++] ?? "");
  }
  return joined(parts);
}

/** A single space between two changes belongs to them: "two three" replaced by "four five" is one change. @param {Part[]} parts */
function joined(parts) {
  /** @type {Part[]} */
  const result = [];
  let [old, fresh] = ["", ""];
  const flush = () => {
    if (old) result.push({ kind: "old", text: old });
    if (fresh) result.push({ kind: "new", text: fresh });
    [old, fresh] = ["", ""];
  };
  for (const [index, { kind, text }] of parts.entries()) {
    const isBetween = kind === "same" && text === " " && old && fresh && parts[index + 1];
    if (kind === "old" || isBetween) old += text;
    if (kind === "new" || isBetween) fresh += text;
    if (kind === "same" && !isBetween) {
      flush();
      result.push({ kind, text });
    }
  }
  flush();
  return result;
}

/**
 * The words, spaces and marks of a text.
 * @param {string} text
 * @param {string} language
 * @returns {string[]}
 */
function words(text, language) {
  return [...new Intl.Segmenter(language, { granularity: "word" }).segment(text)].map(
    ({ segment }) => segment,
  );
}

/**
 * The length of the longest common sequence of each pair of ends.
 * @param {string[]} old
 * @param {string[]} fresh
 * @returns {number[][]}
 */
function commonLengths(old, fresh) {
  const lengths = Array.from({ length: old.length + 1 }, () => new Array(fresh.length + 1).fill(0));
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = fresh.length - 1; j >= 0; j--) {
      const row = lengths[i];
      if (!row) continue;
      row[j] =
        old[i] === fresh[j]
          ? lengthAt(lengths, i + 1, j + 1) + 1
          : Math.max(lengthAt(lengths, i + 1, j), lengthAt(lengths, i, j + 1));
    }
  return lengths;
}

/** @param {number[][]} lengths @param {number} i @param {number} j */
function lengthAt(lengths, i, j) {
  return lengths[i]?.[j] ?? 0;
}
