// The shell: menus, navigation, command bar, single keys. Everything works without it; it only makes work quicker.
const root = document.documentElement;
const $ = (selector, from = document) => from.querySelector(selector);
const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
root.classList.add("js");
if (document.body.classList.contains("shortcuts")) root.dataset.shortcuts = ""; // the admin

const typing = (target) => target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

// Menus close when the person turns elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of $$("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest("details.menu[open]");
  if (menu) {
    menu.open = false;
    $("summary", menu).focus();
  }
});

// Navigation on small screens.
const navigation = $("#navigation");
const showNavigation = (open) => {
  navigation?.classList.toggle("open", open);
  if (open) $("a", navigation)?.focus();
};
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-toggle-navigation]")) {
    event.preventDefault();
    showNavigation(!navigation.classList.contains("open"));
  } else if (!event.target.closest("#navigation") || event.target.closest(".close-navigation")) {
    showNavigation(false);
  }
});

// The chosen entry in sight, without scrolling the page.
const here = navigation && $("[aria-current]", navigation);
if (here) navigation.scrollTop = here.offsetTop + here.offsetHeight + 24 - navigation.clientHeight;

// Links that open a dialog which the page holds already.
document.addEventListener("click", (event) => {
  const dialog = document.getElementById(event.target.closest("[data-open]")?.dataset.open);
  if (dialog?.showModal) {
    event.preventDefault();
    dialog.showModal();
  }
});
document.addEventListener("click", (event) => {
  if (event.target.matches("dialog")) event.target.close(); // a click on the backdrop
});

// Command bar: pages by name, records by search.
const command = $("#command");
if (command) {
  const input = $("input", command);
  const hits = $(".hits", command);
  let running;
  let waiting;
  const pages = () => {
    const text = input.value.trim().toLowerCase();
    const found = $$("#navigation a[href^='/']").filter((link) => link.textContent.trim().toLowerCase().includes(text));
    const list = document.createElement("ul");
    for (const link of found.slice(0, text ? 5 : 12)) {
      const item = document.createElement("a");
      item.href = link.href;
      item.textContent = link.textContent.trim();
      list.appendChild(document.createElement("li")).append(item);
    }
    return list;
  };
  const search = async () => {
    running?.abort();
    const text = input.value.trim();
    const found = document.createElement("div");
    hits.replaceChildren(pages(), found);
    if (text.length < 2) return;
    running = new AbortController();
    const query = new URLSearchParams({ q: text, fragment: 1 });
    try {
      const response = await fetch(`${command.dataset.search}?${query}`, { signal: running.signal });
      // Only the records are drawn when they come: a person may be among the pages already.
      if (response.ok && !response.redirected) found.innerHTML = await response.text();
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  };
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(search, 160);
  });
  command.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const stops = [input, ...$$("a", hits)];
    stops[(stops.indexOf(document.activeElement) + step + stops.length) % stops.length].focus();
  });
  $("form", command).addEventListener("submit", (event) => {
    const only = $$("a", hits);
    if (only.length === 1) {
      event.preventDefault();
      location.assign(only[0].href);
    }
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (command.open) return command.close();
      command.showModal();
      input.select();
      search();
    }
  });
}

// Single keys, unless switched off: / ? G+letter, and whatever a page marks with data-key.
let jumping = 0;
const jump = (key) => $(`#navigation [data-jump="${CSS.escape(key)}"]`)?.click();
const press = (target) => (target.matches("input, select, textarea") ? target.focus() : target.click());
document.addEventListener("keydown", (event) => {
  const busy = event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing;
  if (busy || !("shortcuts" in root.dataset) || typing(event.target) || $("dialog[open]")) return;
  const key = event.key.toLowerCase();
  if (Date.now() - jumping < 1200) {
    jumping = 0;
    jump(key);
  } else if (key === "g") {
    jumping = Date.now();
  } else if (key === "/") {
    event.preventDefault();
    $("#search")?.select();
  } else if (key === "?") {
    $("#keys")?.showModal();
  } else {
    const target = key.length === 1 && $(`main [data-key="${CSS.escape(key)}"]`);
    if (!target) return;
    event.preventDefault();
    press(target);
  }
});

// After a refused form the summary is read first.
$("#errors")?.focus();

if ($("[data-list]")) import("./list.js");
if ($("form[data-guard]")) import("./guard.js");
if ($("[data-lookup]")) import("./lookup.js");
if ($("[data-formset]")) import("./formset.js");
