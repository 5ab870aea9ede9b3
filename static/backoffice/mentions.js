// Notes: people offered after "@", and Ctrl+Enter sends. Typed by hand a name works as well.
const enhance = (area) => {
  const list = Object.assign(document.createElement("div"), { className: "options", hidden: true, id: `${area.id}-offers` });
  const box = Object.assign(document.createElement("div"), { className: "combobox" });
  area.replaceWith(box);
  box.append(area, list);
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", area.dataset.offers);
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", list.id]]) area.setAttribute(name, value);

  let active = -1;
  let running;
  const typed = () => area.value.slice(0, area.selectionStart).match(/(?:^|[^\p{L}\p{N}_.])@([^\s@][^@\n]{0,40})$/u)?.[1];
  const show = (names) => {
    active = -1;
    area.removeAttribute("aria-activedescendant");
    list.replaceChildren(
      ...names.map((name, i) => {
        const option = Object.assign(document.createElement("div"), { id: `${list.id}-${i}`, textContent: name });
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        return option;
      }),
    );
    list.hidden = !names.length;
    area.setAttribute("aria-expanded", String(names.length > 0));
  };
  const mark = (index) => {
    const all = [...list.children];
    active = (index + all.length) % all.length;
    all.forEach((option, i) => option.setAttribute("aria-selected", String(i === active)));
    area.setAttribute("aria-activedescendant", all[active].id);
  };
  const choose = (option) => {
    area.setRangeText(`${option.textContent} `, area.selectionStart - typed().length, area.selectionStart, "end");
    show([]);
  };
  area.addEventListener("input", async () => {
    running?.abort();
    const text = typed();
    if (!text) return show([]);
    running = new AbortController();
    try {
      const response = await fetch(`${area.dataset.mentions}?${new URLSearchParams({ q: text })}`, { signal: running.signal });
      if (response.ok && !response.redirected) show((await response.json()).results.filter((name) => name !== text));
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  });
  area.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) area.form.requestSubmit();
    else if (list.hidden) return;
    else if (event.key === "ArrowDown") mark(active + 1);
    else if (event.key === "ArrowUp") mark(active < 0 ? -1 : active - 1);
    else if (["Enter", "Tab"].includes(event.key)) choose(list.children[Math.max(active, 0)]);
    else if (event.key === "Escape") show([]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    const option = event.target.closest("[role=option]");
    if (option) choose(option);
  });
  area.addEventListener("blur", () => show([]));
};

document.querySelectorAll("textarea[data-mentions]").forEach(enhance);
