/** Keeps the focus in a list that is rendered again: without it a person who uses the keyboard would begin at the top of the page. */

/**
 * Renders `list` with `render`. If the element with the focus is gone, the focus moves to the one with the same id, or
 * to the first button of its row, or, if the row is gone, to `fallback`: never to the button of another row, because
 * its key may still be held down.
 * @param {HTMLElement} list its rows have `data-id`
 * @param {() => void} render
 * @param {HTMLElement} fallback
 */
export function keepFocus(list, render, fallback) {
  const active = document.activeElement;
  const hadFocus = active instanceof HTMLElement && list.contains(active);
  const rowId = hadFocus ? active.closest("li")?.dataset.id : undefined;
  render();
  if (!hadFocus || active === document.activeElement) return;
  const row = [...list.children].find((child) => rowId && child.getAttribute("data-id") === rowId);
  const same = active.id ? document.getElementById(active.id) : null;
  // A row that was only moved still has it.
  if (active.isConnected) return active.focus();
  /** @type {HTMLElement} */ (same ?? row?.querySelector("button") ?? fallback).focus();
}
