// The conversation: the draft is kept, who else is here is told, and prepared texts come without a new page.
const form = document.querySelector("form[data-draft]");
const text = form?.elements.namedItem("body");
const field = (name) => form.elements.namedItem(name);
let kept = form && text.value;
let sending = false;
const DRAFT = ["mode", "body", "last_message_id"];

const typed = (names, more = {}) => {
  const data = new FormData();
  for (const name of ["csrfmiddlewaretoken", ...names]) data.append(name, field(name).value);
  for (const [name, value] of Object.entries(more)) data.append(name, value);
  return data;
};

if (form) {
  let waiting;
  const keep = async () => {
    const body = text.value;
    if (sending || body === kept) return;
    const response = await fetch(form.dataset.draft, { method: "POST", body: typed(DRAFT) }).catch(() => null); // kept the next time
    if (response?.ok) kept = body;
  };
  text.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(keep, 2000);
  });
  document.addEventListener("visibilitychange", () => document.hidden && keep());
  addEventListener("pagehide", () => !sending && navigator.sendBeacon(form.dataset.draft, typed(text.value === kept ? [] : DRAFT, { leaving: 1 })));
  addEventListener("beforeunload", (event) => {
    // Chosen files are the one thing that a draft does not keep.
    if (!sending && field("attachments").files.length) event.preventDefault();
  });
  form.addEventListener("submit", (event) => {
    if (sending) event.preventDefault();
    sending = true;
    clearTimeout(waiting);
  });
  addEventListener("pageshow", () => (sending = false));

  // R and N press the labels: whoever chose how to write goes on to write.
  for (const label of form.querySelectorAll("label[data-key]")) label.addEventListener("click", () => setTimeout(() => text.focus()));

  form.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-macro]");
    if (!button) return;
    event.preventDefault();
    const response = await fetch(button.dataset.macro).catch(() => null);
    if (!response?.ok || response.redirected) return form.requestSubmit(button);
    const found = await response.json();
    text.value = [text.value.trim(), found.body].filter(Boolean).join("\n\n");
    const mode = form.querySelector(`[name=mode][value="${found.mode}"]`);
    if (mode) mode.checked = true;
    if (found.status) field("status").value = found.status;
    field("macro").value = button.value;
    const told = form.querySelector("[data-actions]");
    told.textContent = found.actions.length ? `${told.dataset.actions} ${found.actions.join(" · ")}` : "";
    button.closest("details").open = false;
    text.dispatchEvent(new Event("input"));
    text.focus();
  });
}

// What can be taken back, for as long as it can.
for (const undo of document.querySelectorAll("[data-undo]")) setTimeout(() => undo.remove(), Number(undo.dataset.undo) * 1000);

const presence = document.querySelector("[data-presence]");
const look = async () => {
  if (document.hidden) return;
  const query = new URLSearchParams({ editing: 1, seen: presence.dataset.seen, count: presence.dataset.count });
  const response = await fetch(`${location.pathname.replace(/compose\/$/, "")}?${query}`).catch(() => null);
  if (!response?.ok || response.redirected) return;
  const fresh = document.createElement("div");
  fresh.innerHTML = await response.text();
  // What has not changed is not read out again.
  if (fresh.textContent.trim() !== presence.textContent.trim()) presence.replaceChildren(...fresh.childNodes);
};
if (presence) setInterval(look, Number(presence.dataset.presence) * 1000);
