/**
 * Moves nodes from an old place to the one that the layout has given them, by `translate`. It is no layout shift for
 * Chromium where no frame has both a change of the layout and a step of the move.
 */

const MOVE_MS = 250;
/** So many may wait before those that have left the page are looked for. */
const SPARE = 100;

/** How far each node is from its place, in pixels, and when its move began. @type {Map<HTMLElement, { x: number, y: number, start?: number }>} */
const moves = new Map();
let request = 0;
let limit = SPARE;

/** @param {number} now */
function step(now) {
  request = 0;
  const isReduced = matchMedia("(prefers-reduced-motion: reduce)").matches;
  for (const [node, move] of moves) {
    move.start ??= now;
    const rest = Math.max(0, 1 - (now - move.start) / MOVE_MS);
    const isOver = rest === 0 || (isReduced && rest < 1) || !node.isConnected;
    node.style.translate = isOver ? "" : `${move.x * rest ** 3}px ${move.y * rest ** 3}px`;
    if (isOver) moves.delete(node);
  }
  if (moves.size) request = requestAnimationFrame(step);
}

/**
 * To be called after the layout has changed. With reduced motion the node waits for one frame at its old place.
 * @param {HTMLElement} node @param {DOMRect | undefined} old where it was in the window; nothing moves without it
 */
export function moveFrom(node, old) {
  moves.delete(node);
  // A page that is not painted takes no step, and would keep every row that has left it.
  if (moves.size > limit) {
    for (const each of moves.keys()) if (!each.isConnected) moves.delete(each);
    limit = 2 * moves.size + SPARE;
  }
  node.style.translate = "";
  const place = node.getBoundingClientRect();
  // A page may scale what the node is in. A node that is turned or skewed does not move.
  const scale = Math.round((100 * place.width) / node.offsetWidth) / 100;
  if (!old || !(Math.abs(place.height / node.offsetHeight / scale - 1) < 0.1)) return;
  const x = (old.x - place.x) / scale;
  const y = (old.y - place.y) / scale;
  if (!x && !y) return;
  moves.set(node, { x, y });
  node.style.translate = `${x}px ${y}px`;
  request ||= requestAnimationFrame(step);
}
