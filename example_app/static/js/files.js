// Attachments by picking, dropping and pasting: all end in the form's own file field, which the form sends.
export function pickFiles(form, complain) {
  const field = form.elements.attachments;
  const list = document.getElementById("picked");
  const held = new DataTransfer();
  form.querySelector(".dropping").hidden = false;

  const total = () => [...held.files].reduce((sum, file) => sum + file.size, 0);
  const tooLarge = () => total() > Number(form.dataset.most);

  function show() {
    field.files = held.files;
    complain(tooLarge() ? form.dataset.large : "");
    list.replaceChildren(...[...held.files].map(row));
  }

  function row(file, place) {
    const item = document.createElement("li");
    const name = document.createElement("span");
    name.textContent = `${file.name} `;
    const size = document.createElement("small");
    size.textContent = file.size < 1e6 ? `${Math.max(1, Math.round(file.size / 1e3))} kB` : `${(file.size / 1e6).toFixed(1)} MB`;
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "iconbutton";
    remove.textContent = "×";
    remove.setAttribute("aria-label", `${form.dataset.remove}: ${file.name}`);
    remove.addEventListener("click", () => {
      held.items.remove(place);
      show();
    });
    item.append(name, size, remove);
    return item;
  }

  function add(files) {
    for (const file of files) held.items.add(file);
    show();
  }

  field.addEventListener("change", () => add(field.files));
  form.addEventListener("dragover", (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    form.classList.add("over");
  });
  form.addEventListener("dragleave", (event) => form.contains(event.relatedTarget) || form.classList.remove("over"));
  form.addEventListener("drop", (event) => {
    form.classList.remove("over");
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    add(event.dataTransfer.files);
  });
  form.addEventListener("paste", (event) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    add(event.clipboardData.files);
  });
  return { any: () => held.files.length > 0, tooLarge };
}
