// Drafts: a chosen SKU brings its title, price and free stock.
const formset = document.querySelector("[data-formset]");
const rows = formset.querySelector("[data-rows]");

// The button that asks the server for more lines; formset.js adds them in place.
formset.querySelector("[data-add]").addEventListener("click", (event) => event.preventDefault());

const fill = (input, value) => {
  if (input && !input.value) input.value = value;
};

rows.addEventListener("change", async (event) => {
  const match = /-variant$/.test(event.target.name) && /^#(\d+)$/.exec(event.target.value);
  if (!match) return;
  const row = event.target.closest("tr");
  const value = (name) => document.querySelector(`[name=${name}]`)?.value ?? formset.dataset[name] ?? "";
  const query = new URLSearchParams({ currency: value("currency"), customer: value("customer") });
  const response = await fetch(`${formset.dataset.variants.replace("/0/", `/${match[1]}/`)}?${query}`);
  if (!response.ok || response.redirected) return;
  const found = await response.json();
  const control = (name) => row.querySelector(`[name$="-${name}"]`);
  row.querySelector("[data-stock]").textContent = found.stock;
  control("title").placeholder = found.title;
  control("unit_price").placeholder = found.price;
  fill(control("quantity"), "1");
});
