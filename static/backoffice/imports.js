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

// What is told is replaced and nothing else, so that the reader of the page and the button beside stay where they are.
const watch = async () => {
  const response = await fetch(location.pathname);
  const found = new DOMParser().parseFromString(await response.text(), "text/html");
  if (!found.querySelector("#progress")) return location.replace(location.pathname);
  for (const part of ["main h1", "#progress h2", "#progress .progress"]) {
    const [old, fresh] = [document.querySelector(part), found.querySelector(part)];
    if (old.innerHTML !== fresh.innerHTML) old.innerHTML = fresh.innerHTML;
  }
  setTimeout(watch, 1500);
};
if (document.querySelector("#progress")) setTimeout(watch, 1000);
