// Letters on their way: the note with "Undo" stays as it is until it turns into what became of them.
const PAUSE = 1500;

export function followOutgoing() {
  const notes = document.querySelector(".notes");
  const waiting = () => [...notes.querySelectorAll("[data-outgoing]")];
  const named = (ticket) => notes.querySelector(`[data-outgoing="${ticket}"]`);

  function next() {
    const seconds = waiting().map((note) => Number(note.dataset.seconds));
    if (seconds.length) setTimeout(look, Math.max(PAUSE, 1000 * Math.min(...seconds)));
  }

  async function look() {
    const ask = { headers: { "X-Background": "1" }, redirect: "error" };
    const answer = await fetch(notes.dataset.url, ask).catch(() => null);
    if (answer && !answer.ok) return; // the session ended, or went on with another mailbox
    if (answer) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    next();
  }

  function show(page) {
    const found = [...page.querySelectorAll(".note")];
    const still = new Map(found.map((note) => [note.dataset.outgoing, note]));
    const left = waiting().filter((note) => !still.has(note.dataset.outgoing));
    const told = found.filter((note) => !note.dataset.outgoing || !named(note.dataset.outgoing));
    const hadFocus = left.some((note) => note.contains(document.activeElement));
    left.forEach((note) => note.remove());
    waiting().forEach((note) => (note.dataset.seconds = still.get(note.dataset.outgoing).dataset.seconds));
    notes.append(...told);
    if (hadFocus && told.length) {
      told[0].tabIndex = -1;
      told[0].focus();
    }
    if (left.length) document.dispatchEvent(new Event("mail-left"));
  }

  next();
}
