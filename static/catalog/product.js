// The product's form: tags suggested while typing; how a search engine would show the page.
const field = document.querySelector("input[data-tags]");
if (field) {
  const list = Object.assign(document.createElement("datalist"), { id: "tag-suggestions" });
  field.after(list);
  field.setAttribute("list", list.id);
  let waiting;
  const split = () => field.value.match(/^(.*[,，、]\s*)?(.*)$/s);
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    const [, before = "", text] = split();
    if (!text.trim()) return list.replaceChildren();
    waiting = setTimeout(async () => {
      const response = await fetch(`${field.dataset.tags}?${new URLSearchParams({ q: text.trim() })}`);
      if (!response.ok || response.redirected) return;
      const { results } = await response.json();
      list.replaceChildren(...results.map((tag) => new Option(tag, `${before}${tag}`)));
    }, 150);
  });
}

const preview = document.querySelector("[data-preview]");
if (preview) {
  const value = (...names) => names.map((name) => document.getElementsByName(name)[0]?.value.trim()).find(Boolean) ?? "";
  const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1).trimEnd()}…` : text);
  const show = (name, text) => (preview.querySelector(`[data-${name}]`).textContent = text);
  const refresh = () => {
    show("title", cut(value("seo_title", "title"), 60));
    show("description", cut(value("seo_description", "description").replace(/<[^>]*>|\s+/g, " ").trim(), 160));
    show("handle", value("handle"));
    for (const input of document.querySelectorAll("[data-most]")) {
      let told = document.getElementById(`${input.id}-length`);
      if (!told) {
        told = Object.assign(document.createElement("p"), { id: `${input.id}-length`, className: "help" });
        input.after(told);
      }
      told.textContent = `${[...input.value].length} / ${input.dataset.most}`;
    }
  };
  document.querySelector("form.form").addEventListener("input", refresh);
  refresh();
}
