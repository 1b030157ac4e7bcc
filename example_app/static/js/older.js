// "Older messages" puts the next page below this one: pressed, focus goes on to its first message; scrolled to, it
// stays where it is.
export function loadOlder() {
  const more = document.querySelector(".more");
  more?.addEventListener("click", async (event) => {
    const link = event.target.closest("#older");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const rows = await append(link);
    rows ? rows[0].querySelector("a").focus() : (location.href = link.href);
  });
  if (more) new IntersectionObserver(([seen]) => seen.isIntersecting && goOn(), { rootMargin: "300px", scrollMargin: "300px" }).observe(more);
}

// By scrolling come a few pages only: whoever wants more presses the button, and can reach what is below it.
let left = 10;
async function goOn() {
  const link = document.querySelector("#older:not([aria-busy])");
  if (link && left-- > 0) await append(link);
}

async function append(link) {
  if (link.hasAttribute("aria-busy")) return null;
  link.setAttribute("aria-busy", "true");
  const answer = await fetch(link.href).catch(() => null);
  const page = answer?.ok && !answer.redirected && new DOMParser().parseFromString(await answer.text(), "text/html");
  const rows = page && page.querySelectorAll("#list > .row");
  if (!rows?.length) return null;
  rows.forEach((row) => (row.dataset.older = ""));
  document.getElementById("list").append(...rows);
  const next = page.getElementById("older");
  next ? link.replaceWith(next) : link.remove();
  return rows;
}
