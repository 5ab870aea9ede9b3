// The category tree: a branch is dragged before or into another; Alt and the arrows move the one in focus.
const tree = document.querySelector("[data-tree]");
const form = document.getElementById("place");
let dragged = null;

const nodeOf = (element) => element.closest?.("li[data-key]");
const send = (key, fields) => {
  sessionStorage.setItem("moved", key);
  form.action = form.dataset.action.replace("/0/", `/${key}/`);
  for (const [name, value] of Object.entries(fields)) form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  form.submit();
};
const where = (event, node) => {
  const { top, height } = node.querySelector(".node").getBoundingClientRect();
  return event.clientY < top + height / 3 ? "before" : "into";
};
const clear = () => tree.querySelectorAll(".drop-before, .drop-into").forEach((node) => node.classList.remove("drop-before", "drop-into"));

// Who moved a branch by keys goes on with it.
tree.querySelector(`li[data-key="${sessionStorage.getItem("moved")}"] > .node > a`)?.focus();
sessionStorage.removeItem("moved");

for (const node of tree.querySelectorAll("li[data-key] > .node")) node.draggable = true;
tree.addEventListener("dragstart", (event) => {
  dragged = nodeOf(event.target);
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", "");
});
tree.addEventListener("dragover", (event) => {
  const node = nodeOf(event.target);
  clear();
  if (!dragged || !node || dragged.contains(node)) return;
  event.preventDefault();
  node.classList.add(`drop-${where(event, node)}`);
});
tree.addEventListener("drop", (event) => {
  const node = nodeOf(event.target);
  clear();
  if (!dragged || !node || dragged.contains(node)) return;
  event.preventDefault();
  const above = nodeOf(node.parentElement)?.dataset.key ?? tree.dataset.tree;
  send(dragged.dataset.key, where(event, node) === "before" ? { below: above, before: node.dataset.key } : { below: node.dataset.key });
});
tree.addEventListener("dragend", () => {
  dragged = null;
  clear();
});
tree.addEventListener("keydown", (event) => {
  const step = event.altKey && { ArrowUp: "up", ArrowDown: "down", ArrowRight: "in", ArrowLeft: "out" }[event.key];
  const node = step && nodeOf(event.target);
  if (!node) return;
  event.preventDefault();
  send(node.dataset.key, { step });
});
