// The counts of the queues, asked for anew twice a minute while somebody looks.
const table = document.querySelector("[data-counts]");

const refresh = async () => {
  if (document.hidden) return;
  const response = await fetch(table.dataset.counts).catch(() => null); // without a network the old counts stay
  if (!response?.ok || response.redirected) return;
  for (const [key, count] of Object.entries(await response.json())) {
    const cell = table.querySelector(`[data-count="${CSS.escape(key)}"]`);
    if (cell) cell.textContent = count;
  }
};

if (table) {
  setInterval(refresh, 30_000);
  document.addEventListener("visibilitychange", refresh);
}
