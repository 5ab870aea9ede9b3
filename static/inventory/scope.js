// A new stocktake asks only for what its scope needs.
const NEEDS = { bins: "bins", category: "category", abc: "abc_class", random: "sample_size", list: "skus" };
const form = document.querySelector("#record-form");

const show = () => {
  const scope = form.querySelector("input[name=scope]:checked")?.value;
  for (const [name, field] of Object.entries(NEEDS)) {
    form.querySelector(`[name="${field}"]`).closest(".field").hidden = name !== scope;
  }
};

form.addEventListener("change", show);
show();
