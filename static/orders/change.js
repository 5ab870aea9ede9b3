// A change of a placed order: what it would do is shown while one types. Without this, a button does it.
const form = document.querySelector("form.draft");
let waiting;
let running;

const refresh = async () => {
  running?.abort();
  running = new AbortController();
  const data = new FormData(form);
  data.set("preview", "fragment");
  try {
    const response = await fetch(location.pathname, { method: "POST", body: data, signal: running.signal });
    if (!response.ok || response.redirected) return;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[data-preview]");
    const present = form.querySelector("[data-preview]");
    if (fresh && fresh.innerHTML !== present.innerHTML) present.replaceChildren(...fresh.childNodes);
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
};

const soon = () => {
  clearTimeout(waiting);
  waiting = setTimeout(refresh, 400);
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
form.addEventListener("submit", () => {
  clearTimeout(waiting);
  running?.abort();
});
