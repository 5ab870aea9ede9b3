// Lookup controls: suggestions while typing. What is sent is "#<key>" of a chosen row, or else the text.
let number = 0;

const enhance = (input) => {
  const hidden = Object.assign(document.createElement("input"), { type: "hidden", name: input.name, value: input.dataset.chosen || input.value });
  const list = Object.assign(document.createElement("div"), { className: "options", hidden: true, id: `options-${++number}` });
  const box = document.createElement("div");
  box.className = "combobox";
  input.replaceWith(box);
  box.append(input, hidden, list);
  input.removeAttribute("name");
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.labels?.[0]?.textContent.trim() ?? "");
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", list.id]]) input.setAttribute(name, value);

  let active = -1;
  let waiting;
  let running;
  const options = () => [...list.children];
  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const mark = (index) => {
    const all = options();
    active = (index + all.length) % all.length;
    all.forEach((option, i) => option.setAttribute("aria-selected", String(i === active)));
    input.setAttribute("aria-activedescendant", all[active].id);
    all[active].scrollIntoView({ block: "nearest" });
  };
  const choose = (option) => {
    hidden.value = option.dataset.value;
    input.value = option.dataset.text;
    hidden.dispatchEvent(new Event("change", { bubbles: true }));
    close();
  };
  const show = (results) => {
    list.replaceChildren(
      ...results.map((result, i) => {
        const option = document.createElement("div");
        option.id = `${list.id}-${i}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        Object.assign(option.dataset, { value: result.value, text: result.text });
        option.append(result.text);
        if (result.note) option.append(Object.assign(document.createElement("small"), { textContent: result.note }));
        return option;
      }),
    );
    list.hidden = !results.length;
    active = -1;
    input.setAttribute("aria-expanded", String(results.length > 0));
  };
  const ask = async () => {
    running?.abort();
    running = new AbortController();
    try {
      const response = await fetch(`${input.dataset.lookup}?${new URLSearchParams({ q: input.value })}`, { signal: running.signal });
      if (response.ok && !response.redirected) show((await response.json()).results);
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  };

  input.addEventListener("input", () => {
    hidden.value = input.value;
    clearTimeout(waiting);
    if (input.value.trim()) waiting = setTimeout(ask, 150);
    else close();
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || list.hidden) return;
    if (event.key === "ArrowDown") mark(active + 1);
    else if (event.key === "ArrowUp") mark(active < 0 ? -1 : active - 1);
    else if (event.key === "Enter" && active >= 0) choose(options()[active]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    const option = event.target.closest("[role=option]");
    if (option) choose(option);
  });
  input.addEventListener("blur", close);
  if (input.autofocus) input.focus(); // lost by moving it into the box
};

const enhanceAll = (from) => from.querySelectorAll("input[data-lookup][name]").forEach(enhance);
enhanceAll(document);
document.addEventListener("rows:added", (event) => enhanceAll(event.target));
