// A SKU brings its title, price and free stock; Enter leads on to the quantity and to the next line.
const formset = document.querySelector("[data-formset]");
export const form = formset.closest("form");
export const rows = formset.querySelector("[data-rows]");
const add = formset.querySelector("[data-add]");

add.addEventListener("click", (event) => event.preventDefault());

const head = (name) => form.querySelector(`[name=${name}]`)?.value ?? formset.dataset[name] ?? "";
const control = (row, name) => row.querySelector(`[name$="-${name}"]`);
export const sku = (row) => row.querySelector(".sku input:not([type=hidden])");
const asked = (more) => new URLSearchParams({ currency: head("currency"), customer: head("customer"), ...more });

const ask = async (address, more) => {
  const response = await fetch(`${address}?${asked(more)}`);
  return response.ok && !response.redirected ? response.json() : null;
};

const tell = (row, text, isShort) => {
  const stock = row.querySelector("[data-stock]");
  stock.textContent = text;
  stock.classList.toggle("short-of", Boolean(isShort));
};

const show = (row, found) => {
  tell(row, found.stock, found.short);
  control(row, "title").placeholder = found.title;
  control(row, "unit_price").placeholder = found.price;
  const quantity = control(row, "quantity");
  if (!quantity.value) quantity.value = "1";
};

export const refresh = async (row) => {
  const match = /^#(\d+)$/.exec(control(row, "variant").value);
  const found = match && (await ask(formset.dataset.variants.replace("/0/", `/${match[1]}/`), { quantity: control(row, "quantity").value }));
  if (found) show(row, found);
};
rows.addEventListener("change", (event) => {
  if (/-(variant|quantity)$/.test(event.target.name)) refresh(event.target.closest("tr"));
});

const next = (row) => {
  if (row.nextElementSibling) sku(row.nextElementSibling).focus();
  else add.click();
};

const resolve = async (row) => {
  const input = sku(row);
  const hidden = control(row, "variant");
  if (!/^#\d+$/.test(hidden.value)) {
    const found = await ask(formset.dataset.codes, { code: input.value, quantity: control(row, "quantity").value });
    if (!found) return;
    input.toggleAttribute("aria-invalid", Boolean(found.error));
    if (found.error) {
      tell(row, found.error, true);
      input.select();
      return;
    }
    input.value = found.text;
    hidden.value = found.value;
    input.dispatchEvent(new Event("blur"));
    show(row, found);
  }
  const quantity = control(row, "quantity");
  quantity.focus();
  quantity.select();
};

// Before lookup.js: Enter means what was typed while nothing in its list is marked.
rows.addEventListener(
  "keydown",
  (event) => {
    if (event.key !== "Enter" || event.isComposing || event.ctrlKey || event.metaKey || event.target.type === "checkbox") return;
    if (event.target.getAttribute("aria-activedescendant")) return;
    const row = event.target.closest("tr");
    event.preventDefault();
    event.stopPropagation();
    if (event.target !== sku(row)) next(row);
    else if (event.target.value.trim()) resolve(row);
    else form.querySelector("[name=shipping]").focus();
  },
  true,
);
