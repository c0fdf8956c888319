/** Copy buttons: they appear with the script, and say whether it worked. */

for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (
  document.querySelectorAll("[data-copy]")
)) {
  const source = document.getElementById(button.dataset.copy ?? "");
  const label = button.textContent ?? "";
  button.hidden = false;
  button.addEventListener("click", async () => {
    let said = button.dataset.done ?? "";
    try {
      await navigator.clipboard.writeText(source?.textContent ?? "");
    } catch {
      // No permission, or a page without https: the reader's own hand still can.
      if (source) getSelection()?.selectAllChildren(source);
      said = button.dataset.failed ?? "";
    }
    button.textContent = said;
    setTimeout(() => {
      button.textContent = label;
    }, 4000);
  });
}
