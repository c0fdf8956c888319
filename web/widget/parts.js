/** Loads the parts of the widget: modules of their own file, because not every page needs them. */

/** Names the release in a part's file name, so that a cache never gives a part of another release. Set by the build. */
const RELEASE = "";

/**
 * A part's module. Without the file of this release the file of the node's own release is taken; empty where neither
 * can be loaded, and the list goes on without the part.
 * @param {string} name
 * @returns {Promise<any>}
 */
export const load = (name) =>
  import(`./${name}${RELEASE}.js`).catch(() => import(`./${name}.js`)).catch(() => ({}));
