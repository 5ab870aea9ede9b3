// Forms: nothing typed is lost by leaving, nothing is sent twice.
const state = (form) => new URLSearchParams([...new FormData(form)].map(([name, value]) => [name, value.name ?? value])).toString();

for (const form of document.querySelectorAll("form[data-guard]")) {
  // A form that came back with errors holds unsaved input from the start.
  const first = document.getElementById("errors") ? null : state(form);
  let sending = false;
  form.addEventListener("submit", (event) => {
    if (sending) event.preventDefault();
    sending = true;
  });
  addEventListener("pageshow", () => (sending = false));
  addEventListener("beforeunload", (event) => {
    if (!sending && state(form) !== first) event.preventDefault();
  });
  form.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") form.requestSubmit();
  });
}
