// A table of inputs: the arrows up and down and Enter go to the same column of the next row; Shift ticks a range.
const table = document.querySelector("[data-grid]");
let last = null;

table?.addEventListener("keydown", (event) => {
  const step = { ArrowUp: -1, ArrowDown: 1, Enter: 1 }[event.key];
  const cell = event.target.closest("td");
  if (!step || !cell || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  const row = table.tBodies[0].rows[cell.parentElement.sectionRowIndex + step];
  event.preventDefault();
  const next = row?.cells[cell.cellIndex].querySelector("input:not([type=hidden]), select");
  next?.focus();
  if (next?.type === "text") next.select();
});
table?.addEventListener("click", (event) => {
  const box = event.target.closest("td.select input[type=checkbox]");
  if (!box) return;
  if (event.shiftKey && last) {
    const all = [...table.querySelectorAll("td.select input[type=checkbox]")];
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
    for (const one of all.slice(from, to + 1)) one.checked = box.checked;
  }
  last = box;
});
