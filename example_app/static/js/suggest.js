// People of recent mail, offered while the last address of a field is typed: arrows and Enter, or a click.
const MOST = 6;

export function suggestPeople() {
  const people = [...document.querySelectorAll("#people option")].map((option) => option.value);
  for (const field of document.querySelectorAll("input[list=people]")) offer(field, people);
}

function offer(field, people) {
  const list = document.createElement("ul");
  list.id = `people-${field.name}`;
  list.className = "suggested";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", document.getElementById("people").title);
  list.hidden = true;
  field.removeAttribute("list"); // the browser's own list knows one address only
  const is = { role: "combobox", "aria-expanded": "false", "aria-autocomplete": "list", "aria-controls": list.id };
  Object.entries(is).forEach(([name, value]) => field.setAttribute(name, value));
  const below = document.createElement("div"); // beside the label, or its name would hold the suggestions
  below.className = "below";
  below.append(list);
  field.closest(".line").after(below);

  const start = () => Math.max(field.value.lastIndexOf(","), field.value.lastIndexOf(";")) + 1;
  const options = () => [...list.children];

  function show() {
    const typed = field.value.slice(start()).trim().toLowerCase();
    const before = field.value.slice(0, start()).toLowerCase();
    const fits = (person) => person.toLowerCase().includes(typed) && !before.includes(addressOf(person));
    list.replaceChildren(...(typed ? people.filter(fits).slice(0, MOST).map(row) : []));
    point(options().length ? 0 : -1);
    list.hidden = !list.children.length;
    field.setAttribute("aria-expanded", String(!list.hidden));
  }

  function row(person, place) {
    const item = document.createElement("li");
    item.id = `${list.id}-${place}`;
    item.setAttribute("role", "option");
    item.textContent = person;
    return item;
  }

  function point(place) {
    options().forEach((item, number) => item.setAttribute("aria-selected", String(number === place)));
    if (place < 0) field.removeAttribute("aria-activedescendant");
    else field.setAttribute("aria-activedescendant", `${list.id}-${place}`);
  }

  function close() {
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    point(-1);
  }

  function take(item) {
    const kept = field.value.slice(0, start());
    field.value = `${kept}${kept ? " " : ""}${item.textContent}, `;
    close();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  field.addEventListener("input", show);
  field.addEventListener("blur", close);
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => event.target.role === "option" && take(event.target));
  field.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const place = options().findIndex((item) => item.getAttribute("aria-selected") === "true");
    const count = options().length;
    if (event.key === "ArrowDown") point((place + 1) % count);
    else if (event.key === "ArrowUp") point((place + count - 1) % count);
    else if (event.key === "Enter") take(options()[place]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
}

const addressOf = (person) => (person.match(/<([^>]+)>\s*$/)?.[1] ?? person).toLowerCase();
