// Letters on their way: the note with "Undo" turns into what became of them.
export function followOutgoing() {
  const notes = document.querySelector(".notes");
  const waits = () => notes.querySelector("[data-outgoing]");
  async function look() {
    const answer = await fetch(notes.dataset.url, { redirect: "error" }).catch(() => null);
    if (answer?.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      notes.replaceChildren(...page.body.children);
      if (!waits()) document.dispatchEvent(new Event("mail-left"));
    }
    if (waits()) setTimeout(look, 1500);
  }
  if (waits()) setTimeout(look, 1500);
}
