/**
 * Moves nodes from an old place to the one that the layout has given them, by `translate`. It is no layout shift for
 * Chromium where no frame has both a change of the layout and a step of the move.
 */

const MOVE_MS = 250;

/** How far each node is from its place, in pixels, and when its move began. @type {Map<HTMLElement, { x: number, y: number, start?: number }>} */
const moves = new Map();
let request = 0;

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
  node.style.translate = "";
  const place = node.getBoundingClientRect();
  const x = old ? old.x - place.x : 0;
  const y = old ? old.y - place.y : 0;
  if (!x && !y) return;
  moves.set(node, { x, y });
  node.style.translate = `${x}px ${y}px`;
  request ||= requestAnimationFrame(step);
}
