// Scans of a handheld. Each is kept in the browser until the server has answered it, sent again under the same key when the
// connection was lost, and shown as not recorded for as long. The scan field has the focus whenever nothing else needs it.
const page = document.querySelector("[data-scanning]");
const form = page.querySelector("[data-scan-form]");

const newKey = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // randomUUID is for https alone
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const text = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return text.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
};

// What waits, of this person on this page. Other windows may change it, so it is read anew each time.
const place = `scans:${page.dataset.scanning}:${location.pathname}`;
const waiting = () => JSON.parse(localStorage.getItem(place) ?? "[]");
const keep = (scans) => (scans.length ? localStorage.setItem(place, JSON.stringify(scans)) : localStorage.removeItem(place));

const run = () => {
  const code = form.elements.code;
  const pieces = form.elements.pieces;
  const verdict = page.querySelector("[data-verdict]");
  const progress = page.querySelector("[data-progress]");
  const box = page.querySelector("[data-waiting]");
  const why = box.querySelector("[data-waiting-why]");
  const list = box.querySelector("[data-waiting-list]");

  const say = (tone, name, said) => {
    verdict.className = `verdict ${tone}`;
    verdict.querySelector("[data-verdict-code]").textContent = name;
    verdict.querySelector("[data-verdict-said]").textContent = said;
  };

  const show = (state) => {
    const scans = waiting();
    const stopped = state === "stopped";
    box.hidden = !scans.length;
    why.textContent = why.dataset[state] ?? "";
    box.querySelector("[data-reload]").hidden = !stopped;
    list.replaceChildren(
      ...scans.map((scan) => {
        const row = document.createElement("li");
        const number = document.createElement("strong");
        row.append(scan.fields.code, number);
        number.textContent = scan.fields.pieces;
        if (stopped) {
          const button = document.createElement("button");
          button.className = "button";
          button.textContent = list.dataset.forget;
          button.addEventListener("click", () => {
            drop(scan);
            show(state);
          });
          row.append(button);
        }
        return row;
      }),
    );
  };

  const drop = (scan) => keep(waiting().filter((one) => one.fields.key !== scan.fields.key));

  // The answer of the server, "lost" where there was none, "stopped" where it will not be another one next time.
  const send = async (scan) => {
    const body = new FormData();
    for (const [name, value] of Object.entries(scan.fields)) body.set(name, value);
    body.set("ago", Math.max(0, Math.round((Date.now() - scan.at) / 1000)));
    body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    try {
      const headers = { Accept: "application/json" };
      const signal = AbortSignal.timeout(15000);
      const response = await fetch(form.action, { method: "POST", body, headers, redirect: "manual", signal });
      if (response.status >= 500 || response.status === 429) return "lost";
      if (response.status !== 200 && response.status !== 422) return "stopped";
      return { yes: response.ok, ...(await response.json()) };
    } catch {
      return "lost";
    }
  };

  // Something has to be told of the piece: it is scanned once more with that.
  const askFor = (scan, name) => {
    if (code.value || waiting().length) return;
    for (const [field, value] of Object.entries(scan.fields)) if (form.elements[field]) form.elements[field].value = value;
    form.elements[name].focus();
  };

  let sending = false;
  let pause = 0;
  let timer;
  const pump = async () => {
    if (sending) return;
    sending = true;
    clearTimeout(timer);
    let state = "sending";
    for (let scan = waiting()[0]; scan; scan = waiting()[0]) {
      const answer = await send(scan);
      if (typeof answer === "string") {
        state = answer;
        say("wait", scan.fields.code, why.dataset[`${answer}Short`]);
        break;
      }
      pause = 0;
      drop(scan);
      say(answer.yes ? "yes" : "no", scan.fields.code, answer.said);
      if (answer.ask) askFor(scan, answer.ask);
      if (answer.progress) progress.innerHTML = answer.progress;
      show(state);
      if (answer.next && !waiting().length) location.assign(answer.next);
    }
    sending = false;
    show(state);
    if (state === "lost") {
      pause = Math.min(pause * 2 + 500, 10000);
      timer = setTimeout(pump, pause);
    }
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    code.focus();
    const fields = Object.fromEntries(new FormData(form));
    fields.code = fields.code.trim();
    if (!fields.code) return;
    delete fields.csrfmiddlewaretoken;
    fields.key = newKey();
    keep([...waiting(), { fields, at: Date.now() }]);
    code.value = "";
    pieces.value = 1;
    for (const name of ["lot", "expires_on"]) if (form.elements[name]) form.elements[name].value = "";
    for (const select of form.querySelectorAll("select")) select.selectedIndex = 0;
    if (!sending) say("wait", fields.code, why.dataset.sending);
    show("sending");
    pump();
  });

  for (const button of form.querySelectorAll("[data-step]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      pieces.value = Math.max(1, (Number.parseInt(pieces.value, 10) || 0) + Number(button.dataset.step));
      code.focus();
    });
  }
  form.addEventListener("change", (event) => event.target.matches("select") && code.focus());

  // Scanners type wherever the focus is: what is typed outside of any control goes into the field, and is no shortcut.
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target !== document.body && event.target.id !== "main") return;
      event.stopImmediatePropagation();
      code.focus();
    },
    { capture: true },
  );
  document.addEventListener("click", (event) => {
    if (!event.target.closest("a, button, input, select, textarea, summary, label, dialog, nav")) code.focus();
  });
  addEventListener("online", pump);
  addEventListener("pageshow", () => code.focus());
  code.focus();
  show("sending");
  pump();
};

if (form) run();
