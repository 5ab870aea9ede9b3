// The product's form: when another category is chosen, its attributes are asked for. Without this, a button does it.
const form = document.querySelector("[data-attributes]")?.closest("form");
let running;

const refresh = async () => {
  running?.abort();
  running = new AbortController();
  const data = new FormData(form);
  for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
  data.set("show_fields", "fragment");
  try {
    const response = await fetch(form.action || location.href, { method: "POST", body: data, signal: running.signal });
    if (!response.ok || response.redirected) return;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[data-attributes]");
    if (fresh) form.querySelector("[data-attributes]").replaceWith(fresh);
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
};

form?.addEventListener("change", (event) => {
  const box = event.target.closest(".combobox");
  if (event.target.name === "category" || box?.querySelector("input[name=category]")) refresh();
});
