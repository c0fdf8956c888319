/** The copy buttons of the demo page. They are hidden without script, and show whether the copy worked. */

for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (
  document.querySelectorAll("[data-copy]")
)) {
  const source = document.getElementById(button.dataset.copy ?? "");
  const label = button.textContent ?? "";
  button.hidden = false;
  button.addEventListener("click", async () => {
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
    }, 4000);
  });
}
