/** Small helpers over the document; text always goes in as text. */

/**
 * The element with this id, which index.html must hold.
 * @param {string} id
 * @returns {any} an HTMLElement; its kind is what index.html says
 */
export function $(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no #${id}`);
  return found;
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

/**
 * Says what is wrong with a field, beside it, and marks the field; an empty message clears both.
 * @param {HTMLElement} field
 * @param {HTMLElement} place
 * @param {string} message
 */
export function fault(field, place, message) {
  if (place.textContent !== message) place.textContent = message;
  if (message) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}

/** Makes a text area as high as its text. @param {HTMLTextAreaElement} area */
export function grow(area) {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + area.offsetHeight - area.clientHeight}px`;
}

/**
 * Whether keys typed at `target` are words and not commands.
 * @param {EventTarget | null} target
 */
export function typing(target) {
  return (
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement ||
    (target instanceof HTMLInputElement && !["checkbox", "radio"].includes(target.type))
  );
}
