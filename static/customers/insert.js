// Puts the link of an article into the answer, where the cursor is; the buttons show only where there is an answer to write.
const field = document.querySelector("#composer textarea");
for (const button of document.querySelectorAll("[data-insert]")) {
  button.hidden = !field;
  button.addEventListener("click", () => {
    const before = field.value.slice(0, field.selectionStart);
    const gap = before && !before.endsWith("\n") ? "\n" : "";
    field.setRangeText(`${gap}${button.dataset.insert}\n`, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
}
