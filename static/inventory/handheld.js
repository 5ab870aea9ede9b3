// Scans that were not recorded when their page was left.
const box = document.querySelector("[data-unsent]");
const start = `scans:${box.dataset.unsent}:`;
for (const place of Object.keys(localStorage).filter((name) => name.startsWith(start)).sort()) {
  const link = document.createElement("a");
  link.className = "card";
  link.href = place.slice(start.length);
  const name = document.createElement("strong");
  name.textContent = decodeURIComponent(place.split("/").filter(Boolean).at(-1));
  link.append(name, `${JSON.parse(localStorage.getItem(place)).length} ${box.dataset.said}`);
  box.querySelector("ul").appendChild(document.createElement("li")).append(link);
  box.hidden = false;
}
