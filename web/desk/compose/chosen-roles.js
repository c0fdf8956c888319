/** The roles chosen for sources that are not registered. A role belongs to the name that it was chosen for. */

export class ChosenRoles {
  /** @type {string | null} */
  #name = null;
  /** By name. @type {Map<string | null, string>} */
  #roles = new Map();

  /** Another line is in the field; its role was chosen for its source. @param {string | null} name */
  reset(name) {
    this.#name = name;
    this.#roles.clear();
  }

  /**
   * The role of the source `name`: empty until one is chosen for it.
   * @param {string | null} name
   * @param {string} role the one that is chosen now, for the source before
   */
  roleFor(name, role) {
    if (name === this.#name) return role;
    this.#roles.set(this.#name, role);
    this.#name = name;
    return this.#roles.get(name) ?? "";
  }
}
