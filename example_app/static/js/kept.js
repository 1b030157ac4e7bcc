// A copy in this browser of what is being typed, for when the server cannot keep it; offered again where it belongs.
const FIELDS = ["to", "cc", "bcc", "subject", "body", "html", "in_reply_to", "references", "answer", "forward", "draft"];
const keyOf = (form) => `letter:${form.dataset.who}`;

export function keep(form) {
  const texts = Object.fromEntries(FIELDS.map((name) => [name, form.elements[name].value]));
  try {
    localStorage.setItem(keyOf(form), JSON.stringify(texts));
  } catch {} // a full or forbidden storage: the server's copy is enough
}

export function forget(form) {
  try {
    localStorage.removeItem(keyOf(form));
  } catch {} // a forbidden storage holds nothing
}

export function offerKept(form) {
  const kept = read(form);
  if (!kept || !fits(kept, form.elements)) return;
  const note = document.createElement("div");
  note.className = "note";
  const text = document.createElement("p");
  text.textContent = form.dataset.kept;
  const restore = button(form.dataset.restore, () => {
    Object.entries(kept).forEach(([name, value]) => form.elements[name] && (form.elements[name].value = value));
    note.remove();
    form.dispatchEvent(new Event("restored"));
    form.dispatchEvent(new Event("input"));
  });
  const remove = button(form.dataset.forget, () => {
    forget(form);
    note.remove();
  });
  note.append(text, restore, remove);
  document.querySelector(".notes").append(note);
}

function read(form) {
  try {
    return JSON.parse(localStorage.getItem(keyOf(form)));
  } catch {
    return null;
  }
}

// An answer belongs to what it answers, and what is forwarded comes with its form; all else fits an empty form.
const fits = (kept, now) =>
  !now.draft.value && kept.forward === now.forward.value && (!now.answer.value || kept.answer === now.answer.value);

function button(name, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "quiet";
  made.textContent = name;
  made.addEventListener("click", act);
  return made;
}
