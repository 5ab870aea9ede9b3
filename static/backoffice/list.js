// Lists: select rows (Shift for a range), J K X Enter.
const table = document.querySelector("[data-list]");
const boxes = () => [...table.querySelectorAll("input[name=selected]")];
const whole = table.querySelector("[data-select-page]");
const label = document.querySelector("[data-selection-count]");
const everything = document.querySelector("#bulk input[name=all]");
let last = null;

const refresh = () => {
  const all = boxes();
  const chosen = all.filter((box) => box.checked).length;
  if (whole) {
    whole.checked = chosen > 0 && chosen === all.length;
    whole.indeterminate = chosen > 0 && chosen < all.length;
  }
  if (label) label.textContent = label.dataset.text.replace("0", chosen);
  if (everything && !chosen) everything.checked = false;
};

table.addEventListener("click", (event) => {
  const box = event.target.closest("input[name=selected]");
  if (!box) return;
  if (event.shiftKey && last) {
    const all = boxes();
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
    for (const one of all.slice(from, to + 1)) one.checked = box.checked;
  }
  last = box;
});
table.addEventListener("change", (event) => {
  if (event.target === whole) for (const box of boxes()) box.checked = whole.checked;
  refresh();
});
refresh();
addEventListener("pageshow", refresh);

// The row that keys act on.
const rows = () => [...table.tBodies[0].rows];
const focused = () => rows().findIndex((row) => row.classList.contains("focused"));
const focus = (index) => {
  const all = rows();
  const row = all[Math.max(0, Math.min(index, all.length - 1))];
  for (const one of all) one.classList.toggle("focused", one === row);
  row.scrollIntoView({ block: "nearest" });
  (row.querySelector("td.name a") ?? row.querySelector("a, input"))?.focus({ preventScroll: true });
};
document.addEventListener("keydown", (event) => {
  const elsewhere = event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable], dialog");
  if (!("shortcuts" in document.documentElement.dataset) || event.ctrlKey || event.metaKey || event.altKey || elsewhere) return;
  const key = event.key.toLowerCase();
  if (key === "j") focus(focused() + 1);
  else if (key === "k") focus(focused() - 1);
  else if (key === "x") rows()[focused()]?.querySelector("input[name=selected]")?.click();
});
