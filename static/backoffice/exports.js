// Columns of an export move up and down without a new page; the buttons alone do it too.
const list = document.querySelector(".export-order");
const told = document.querySelector("#moved");

const settle = () => {
  const items = [...list.children];
  for (const [place, item] of items.entries()) {
    const [up, down] = item.querySelectorAll("[name=move]");
    up.disabled = place === 0;
    down.disabled = place === items.length - 1;
  }
};

list?.addEventListener("click", (event) => {
  const button = event.target.closest("[name=move]");
  if (!button) return;
  event.preventDefault();
  const item = button.closest("li");
  if (button.value.startsWith("up-")) item.previousElementSibling?.before(item);
  else item.nextElementSibling?.after(item);
  settle();
  const left = button.disabled ? item.querySelector("[name=move]:not(:disabled)") : button;
  left?.focus();
  told.textContent = `${item.querySelector("label").textContent.trim()}: ${list.dataset.moved} ${[...list.children].indexOf(item) + 1}`;
});
