// Formsets: rows can be added; the server's own empty rows do without.
for (const formset of document.querySelectorAll("[data-formset]")) {
  const total = formset.querySelector(`[name="${formset.dataset.formset}-TOTAL_FORMS"]`);
  const most = Number(formset.querySelector(`[name="${formset.dataset.formset}-MAX_NUM_FORMS"]`)?.value || 1000);
  const rows = formset.querySelector("[data-rows]");
  const add = formset.querySelector("[data-add]");
  add.hidden = false;
  add.addEventListener("click", () => {
    const index = Number(total.value);
    if (index >= most) return;
    const holder = document.createElement("tbody");
    holder.innerHTML = formset.querySelector("template").innerHTML.replaceAll("__prefix__", index);
    const row = holder.querySelector("tr");
    rows.append(row);
    total.value = index + 1;
    row.dispatchEvent(new Event("rows:added", { bubbles: true }));
    row.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  });
}
