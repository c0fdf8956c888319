/** Small helpers over the document; text always goes in as text. */

/**
 * The element with this id, which index.html must have.
 * @param {string} id
 * @returns {any} an HTMLElement; index.html decides its type
 */
export function $(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no #${id}`);
  return element;
}

/**
 * A new element.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | boolean | undefined>} [attributes] true is an empty attribute; false and undefined none
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** Makes a text area as high as its text. @param {HTMLTextAreaElement} area */
export function fitHeight(area) {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + area.offsetHeight - area.clientHeight}px`;
}

/**
 * Whether keys typed at `target` are text and not commands.
 * @param {EventTarget | null} target
 */
export function isTextField(target) {
  return (
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement ||
    (target instanceof HTMLInputElement && !["checkbox", "radio"].includes(target.type))
  );
}

/** What ends a line, also within a paragraph of a word processor. */
export const LINE_BREAKS = /[\r\n\v\f\u0085\u2028\u2029]+/u;

/**
 * Pasted text as one line: breaks and tabs become spaces.
 * @param {string} text
 */
export function oneLine(text) {
  return text.replace(/\s*[\r\n\v\f\u0085\u2028\u2029]+\s*/gu, " ").replace(/\t/gu, " ");
}
