// Tells the server every half minute that this form is open, and shows who else has it open.
const notice = document.querySelector("[data-editing]");
const form = document.querySelector("form[data-guard]");
const version = () => form?.elements.namedItem("version")?.value ?? "";

const look = async () => {
  const query = new URLSearchParams({ editing: 1, version: version() });
  const response = await fetch(`${location.pathname}?${query}`).catch(() => null);
  if (!response?.ok || response.redirected) return;
  const told = (await response.text()).trim();
  const fresh = document.createElement("div");
  fresh.innerHTML = told;
  // What has not changed is not read out again.
  if (fresh.textContent !== notice.textContent) notice.replaceChildren(...fresh.childNodes);
};
setInterval(look, Number(notice.dataset.editing) * 1000);
addEventListener("pageshow", (event) => event.persisted && look());
