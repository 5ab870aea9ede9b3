// Scanning goods: every scan adds one piece to the row of its variant, or a new row. Enter never sends the form.
const scan = document.querySelector("[data-scan]");
const input = scan.querySelector("input");
const said = scan.querySelector("[data-scan-said]");
const formset = document.querySelector("[data-formset]");
const rows = () => [...formset.querySelectorAll("[data-rows] tr")];
const chosen = (row) => row.querySelector("input[type=hidden][name$='-variant']");
const typed = (row) => row.querySelector("[role=combobox]");
const quantity = (row) => row.querySelector("input[name$='-quantity']");

const rowFor = (value) => {
  const known = rows().find((row) => chosen(row)?.value === value);
  if (known) return known;
  const blank = () => rows().find((row) => !chosen(row)?.value && !quantity(row).value);
  if (!blank()) formset.querySelector("[data-add]").click();
  return blank();
};

const find = async (code) => {
  const response = await fetch(`${input.dataset.lookupUrl}?${new URLSearchParams({ q: code })}`);
  if (!response.ok || response.redirected) return undefined;
  const { results } = await response.json();
  return results.length === 1 ? results[0] : results.find((result) => result.text === code);
};

const add = async (code) => {
  const found = await find(code);
  if (!found) {
    said.textContent = `${input.dataset.none} ${code}`;
    return;
  }
  const row = rowFor(found.value);
  chosen(row).value = found.value;
  typed(row).value = found.text;
  quantity(row).value = Number(quantity(row).value || 0) + 1;
  chosen(row).dispatchEvent(new Event("change", { bubbles: true }));
  said.textContent = `${found.text}: ${quantity(row).value}`;
};

scan.hidden = false;
let queue = Promise.resolve();
input.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing) return;
  event.preventDefault();
  const code = input.value.trim();
  input.value = "";
  if (code) queue = queue.then(() => add(code)).finally(() => input.focus());
});
