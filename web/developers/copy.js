/** Copy buttons: each copies the text of the element that `data-copy` names, and says whether that worked. */

const SHOWN_MS = 4000;

/** Shows the buttons, which do nothing without script. */
export function showCopyButtons() {
  for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (
    document.querySelectorAll("[data-copy]")
  )) {
    const label = button.textContent ?? "";
    button.hidden = false;
    // A screen reader does not say the new name of a button that has the focus already.
    const status = document.createElement("span");
    status.className = "visually-hidden";
    status.setAttribute("role", "status");
    button.after(status);
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
      button.textContent = status.textContent = result;
      setTimeout(() => {
        button.textContent = label;
        status.textContent = "";
      }, SHOWN_MS);
    });
  }
}
