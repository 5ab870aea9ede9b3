// Keying in a sheet: Enter goes to the next line, and sends nothing before the last one.
const fields = [...document.querySelectorAll(".desk td input")];
fields.forEach((field, index) => {
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !fields[index + 1]) return;
    event.preventDefault();
    fields[index + 1].focus();
    fields[index + 1].select();
  });
});
