// The head of a draft by keyboard; its lines are those of lines.js.
import { form, refresh, rows, sku } from "./lines.js";

// The customer is chosen, or it is nobody's: on to the lines, at the prices of this customer.
const toLines = () => sku([...rows.children].find((row) => !sku(row).value) ?? rows.firstElementChild).focus();
form.addEventListener("change", (event) => {
  if (event.target.name !== "customer") return;
  [...rows.children].forEach(refresh);
  if (event.target.value.startsWith("#")) toLines();
});
form.addEventListener(
  "keydown",
  (event) => {
    const isCustomer = event.target.parentElement?.querySelector("[name=customer]");
    if (!isCustomer || event.key !== "Enter" || event.isComposing || event.ctrlKey || event.metaKey) return;
    if (event.target.getAttribute("aria-activedescendant")) return;
    event.preventDefault();
    event.stopPropagation();
    toLines();
  },
  true,
);

// Before guard.js, which saves a draft by Ctrl + Enter.
form.addEventListener(
  "keydown",
  (event) => {
    const place = form.querySelector("[data-place]");
    if (!place || event.key !== "Enter" || !event.shiftKey || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    event.stopPropagation();
    form.requestSubmit(place);
  },
  true,
);
