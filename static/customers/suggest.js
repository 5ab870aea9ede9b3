// Articles that may answer what somebody types, looked for while they type.
const place = document.querySelector("[data-suggest]");
const field = place && document.getElementById(place.dataset.of);
let timer, asked;

async function look() {
  const text = field.value.trim();
  if (text === asked || text.length < 2) return;
  asked = text;
  const answer = await fetch(`${place.dataset.suggest}?q=${encodeURIComponent(text)}`);
  if (answer.ok && asked === text) place.innerHTML = await answer.text();
}

field?.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(look, 400);
});
