/** Copy buttons: each copies the text of the element that `data-copy` names, and says whether that worked. */

const SHOWN_MS = 4000;

/** Shows the buttons, which do nothing without script. */
export function showCopyButtons() {
  for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (
    document.querySelectorAll("[data-copy]")
  )) {
    const label = button.textContent ?? "";
    button.hidden = false;
    button.addEventListener("click", async () => {
      const source = document.getElementById(button.dataset.copy ?? "");
      let result = button.dataset.done ?? "";
      try {
        await navigator.clipboard.writeText(source?.textContent ?? "");
      } catch {
        // Without permission or https the text is selected, and the reader copies it by hand.
        if (source) getSelection()?.selectAllChildren(source);
        result = button.dataset.failed ?? "";
      }
      button.textContent = result;
      setTimeout(() => {
        button.textContent = label;
      }, SHOWN_MS);
    });
  }
}
