// The import wizard: short lists of columns grow when they are opened, and the progress of a job is looked up quietly.
const every = document.querySelector("#all-columns");

const grow = (select) => {
  if (!("short" in select.dataset)) return;
  delete select.dataset.short;
  const known = new Set([...select.options].map((option) => option.value));
  const others = [...every.content.cloneNode(true).children].filter((option) => !known.has(option.value));
  select.querySelector("option[value='?']").remove();
  select.append(...others);
};
if (every) {
  for (const name of ["focusin", "pointerdown"]) {
    document.addEventListener(name, (event) => event.target.matches("select[data-short]") && grow(event.target));
  }
}

// One place is replaced, so that the reader of the page and the button beside stay where they are.
const watch = async () => {
  const place = document.querySelector("#progress");
  if (!place) return;
  const response = await fetch(location.pathname, { headers: { "X-Requested-With": "fetch" } });
  const found = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("#progress");
  if (!found) return location.replace(location.pathname);
  for (const part of ["h2", ".progress"]) {
    const [old, fresh] = [place.querySelector(part), found.querySelector(part)];
    if (old.innerHTML !== fresh.innerHTML) old.innerHTML = fresh.innerHTML;
  }
  setTimeout(watch, 1500);
};
if (document.querySelector("[data-progress]")) setTimeout(watch, 1000);
