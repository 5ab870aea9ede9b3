// A change of a placed order: what it would do is shown while one types. Without this, a button does it.
const form = document.querySelector("form.draft");
const shown = form.querySelector("[data-preview]");
let turn = 0;

const refresh = async (mine) => {
  const data = new FormData(form);
  data.set("preview", "fragment");
  const response = await fetch(location.pathname, { method: "POST", body: data });
  if (mine !== turn || !response.ok || response.redirected) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  if (mine === turn) shown.replaceChildren(...page.querySelector("[data-preview]").childNodes);
};

const soon = () => {
  const mine = ++turn;
  setTimeout(() => mine === turn && refresh(mine), 400);
};
form.addEventListener("input", soon);
form.addEventListener("change", (event) => {
  const row = event.target.closest(".sku") && event.target.closest("tr");
  // Another article brings its own title and price; what was typed over these stays.
  if (row?.querySelector('[name$="-line"]')?.value) {
    for (const name of ["title", "unit_price"]) {
      const control = row.querySelector(`[name$="-${name}"]`);
      if (control.value === control.defaultValue) control.value = "";
    }
  }
  soon();
});
form.addEventListener("submit", () => turn++);
