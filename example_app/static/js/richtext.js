// Simple rich text: an editable area that stands for the plain one; the server cleans what it gives.
export function richText(form) {
  const editor = form.querySelector(".editor");
  const bar = form.querySelector(".format");
  const plain = form.elements.body;
  const html = form.elements.html;
  const toggle = document.getElementById("rich");
  const isRich = () => !editor.hidden;

  function paragraphs(text) {
    return text.split("\n").map((line) => {
      const row = document.createElement("div");
      line ? row.append(line) : row.append(document.createElement("br"));
      return row;
    });
  }

  function show(rich) {
    editor.hidden = bar.hidden = !rich;
    plain.parentElement.hidden = rich;
    toggle.setAttribute("aria-pressed", String(rich));
  }

  function open() {
    if (html.value.trim()) editor.innerHTML = html.value; // cleaned by the server, and the page's policy runs no script
    else editor.replaceChildren(...paragraphs(plain.value));
    show(true);
  }

  toggle.hidden = false;
  toggle.addEventListener("click", () => {
    if (isRich()) {
      plain.value = editor.innerText;
      html.value = "";
      show(false);
      plain.focus();
    } else {
      open();
      editor.focus();
    }
  });
  bar.addEventListener("mousedown", (event) => event.preventDefault());
  bar.addEventListener("click", (event) => {
    const command = event.target.closest("[data-command]")?.dataset.command;
    if (!command) return;
    const value = command === "createLink" ? prompt(form.dataset.askLink, "https://") : null;
    if (command !== "createLink" || /^https?:|^mailto:/i.test(value ?? "")) document.execCommand(command, false, value);
    form.dispatchEvent(new Event("input"));
  });
  form.addEventListener("restored", () => html.value.trim() && open());
  if (html.value.trim()) open();
  return () => {
    html.value = isRich() ? editor.innerHTML : "";
    if (isRich()) plain.value = editor.innerText;
  };
}
