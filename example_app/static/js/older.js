// "Older messages" puts the next page below this one; focus goes on to its first message.
export function loadOlder() {
  const more = document.querySelector(".more");
  more?.addEventListener("click", async (event) => {
    const link = event.target.closest("#older");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    link.setAttribute("aria-busy", "true");
    const answer = await fetch(link.href).catch(() => null);
    const page = answer?.ok && !answer.redirected && new DOMParser().parseFromString(await answer.text(), "text/html");
    const rows = page && page.querySelectorAll("#list > .row");
    if (!rows?.length) {
      location.href = link.href;
      return;
    }
    rows.forEach((row) => (row.dataset.older = ""));
    document.getElementById("list").append(...rows);
    rows[0].querySelector("a").focus();
    const next = page.getElementById("older");
    next ? link.replaceWith(next) : link.remove();
  });
}
