/** Properties of an element that are its attributes. */

/**
 * Defines a property for each attribute of the same name. The value null or undefined removes the attribute.
 * @param {HTMLElement} prototype @param {string[]} names
 */
export function reflect(prototype, names) {
  for (const name of names)
    Object.defineProperty(prototype, name, {
      configurable: true,
      enumerable: true,
      /** @this {HTMLElement} */
      get() {
        return this.getAttribute(name);
      },
      /** @this {HTMLElement} @param {unknown} value */
      set(value) {
        if (value == null) this.removeAttribute(name);
        else this.setAttribute(name, `${value}`);
      },
    });
}

/**
 * Sets the properties that a page has set before the element was defined; until then they hide the element's own.
 * @param {any} element @param {string[]} names
 */
export function upgrade(element, names) {
  for (const name of names) {
    if (!Object.hasOwn(element, name)) continue;
    const value = element[name];
    delete element[name];
    element[name] = value;
  }
}
