// Counting by scanning: every scan of a code is one piece; another code saves what was counted and goes on to it. What was
// counted before stays: the pieces come on top of it.
const scan = document.querySelector("[data-scan] input");
const entry = document.querySelector("[data-entry]");
const quantity = entry?.querySelector("input[name=quantity]");

const step = (pieces) => {
  quantity.value = Math.max(0, (Number.parseInt(quantity.value, 10) || 0) + pieces);
};

if (entry) {
  const codes = entry.dataset.codes.split("|").filter(Boolean).map((code) => code.toUpperCase());
  if (quantity.value === "" && "scanned" in entry.dataset) quantity.value = 1;
  for (const button of entry.querySelectorAll("[data-step]")) {
    button.hidden = false;
    button.addEventListener("click", () => step(Number(button.dataset.step)));
  }
  quantity.addEventListener("focus", () => quantity.select());
  scan.form.addEventListener("submit", (event) => {
    const code = scan.value.trim();
    if (quantity.value === "" && !codes.includes(code.toUpperCase())) return;
    event.preventDefault();
    if (code === "") return;
    scan.value = "";
    if (codes.includes(code.toUpperCase())) {
      step(1);
      return;
    }
    entry.querySelector("input[name=following]").value = code;
    entry.requestSubmit(entry.querySelector("[name=adds]") ?? undefined);
  });
  let sent = false;
  entry.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
}
scan.focus();
