// The composer keeps what was typed in this browser until it is sent.
const form = document.querySelector("form[data-draft]");
if (form) {
  const key = `draft:${form.dataset.draft}`;
  const text = form.elements.namedItem("body");
  const sent = sessionStorage.getItem("draft:sent");
  if (sent && !document.getElementById("errors")) localStorage.removeItem(sent);
  sessionStorage.removeItem("draft:sent");
  const kept = localStorage.getItem(key);
  if (!text.value && kept) text.value = kept;
  text.addEventListener("input", () => {
    if (text.value) localStorage.setItem(key, text.value);
    else localStorage.removeItem(key);
  });
  form.addEventListener("submit", () => sessionStorage.setItem("draft:sent", key));
}
