// The product's form: when another category is chosen, its attributes are asked for. Without this, a button does it.
const form = document.querySelector("[data-attributes]")?.closest("form");
const category = () => form.querySelector("[name=category]")?.value;
let shown = form && category();
let running;

// What was typed while the answer was on its way stays.
const carryOver = (from, to) => {
  for (const field of to.querySelectorAll("[name]")) {
    const same = [...from.querySelectorAll("[name]")].find(
      (other) => other.name === field.name && (field.type !== "checkbox" || other.value === field.value),
    );
    if (!same || same.type !== field.type) continue;
    if (field.type === "checkbox") field.checked = same.checked;
    else field.value = same.value;
  }
};

const refresh = async () => {
  running?.abort();
  running = new AbortController();
  const asked = category();
  const data = new FormData(form);
  for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
  data.set("show_fields", "fragment");
  try {
    const response = await fetch(location.href, { method: "POST", body: data, signal: running.signal });
    if (!response.ok || response.redirected) return;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[data-attributes]");
    const present = form.querySelector("[data-attributes]");
    if (!fresh) return;
    carryOver(present, fresh);
    present.replaceWith(fresh);
    shown = asked;
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
};

form?.addEventListener("change", (event) => {
  const isCategory = event.target.name === "category" || event.target.closest(".combobox")?.querySelector("[name=category]");
  if (isCategory && category() !== shown) refresh();
});
