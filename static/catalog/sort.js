// Rows put in order by dragging, or with Alt and an arrow; numbered places follow. The order is sent with the form.
for (const list of document.querySelectorAll("[data-sort]")) {
  let dragged = null;
  const rowOf = (element) => element.closest("[data-row]");
  const number = () => list.querySelectorAll("[data-place]").forEach((input, i) => (input.value = i + 1));

  for (const handle of list.querySelectorAll(".handle")) handle.hidden = false;
  list.addEventListener("dragstart", (event) => {
    if (!event.target.closest?.(".handle")) return;
    dragged = rowOf(event.target);
    dragged.classList.add("dragged");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", "");
  });
  list.addEventListener("dragover", (event) => {
    const over = dragged && rowOf(event.target);
    if (!over || over.parentElement !== list) return;
    event.preventDefault();
    if (over === dragged) return;
    const { top, height } = over.getBoundingClientRect();
    list.insertBefore(dragged, event.clientY > top + height / 2 ? over.nextElementSibling : over);
  });
  list.addEventListener("drop", (event) => dragged && event.preventDefault());
  list.addEventListener("dragend", () => {
    dragged?.classList.remove("dragged");
    dragged = null;
    number();
  });
  list.addEventListener("keydown", (event) => {
    if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    const row = rowOf(event.target);
    const other = event.key === "ArrowUp" ? row.previousElementSibling : row.nextElementSibling;
    event.preventDefault();
    if (!other) return;
    if (event.key === "ArrowUp") other.before(row);
    else other.after(row);
    number();
    event.target.focus();
  });
}
