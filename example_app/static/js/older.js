// "Older messages" puts the next page below this one: pressed, focus goes on to its first message; scrolled to, it
// stays where it is.
export function loadOlder() {
  const rows = document.querySelector(".rows");
  rows?.addEventListener("click", async (event) => {
    const link = event.target.closest("#older");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (link.hasAttribute("aria-busy")) return; // scrolling to it was faster
    const added = await append(link, rows);
    added ? added[0].querySelector("a").focus() : (location.href = link.href);
  });
  let watched = null;
  const watchEnd = () => {
    const more = rows?.querySelector(".more");
    if (!more || more === watched) return;
    watched = more;
    const seen = ([entry]) => entry.isIntersecting && goOn(rows);
    new IntersectionObserver(seen, { rootMargin: "300px", scrollMargin: "300px" }).observe(more);
  };
  watchEnd();
  document.addEventListener("list-changed", watchEnd);
}

// By scrolling come a few pages only: whoever wants more presses the button, and can reach what is below it.
let left = 10;
async function goOn(rows) {
  const link = rows.querySelector("#older:not([aria-busy])");
  if (link && left-- > 0) await append(link, rows);
}

async function append(link, rows) {
  link.setAttribute("aria-busy", "true");
  const url = new URL(link.href);
  url.searchParams.set("account", rows.dataset.who);
  const answer = await fetch(url, { headers: { "X-Part": "1" } }).catch(() => null);
  const text = answer?.ok && !answer.redirected && (await answer.text().catch(() => ""));
  const page = text && new DOMParser().parseFromString(text, "text/html");
  const list = document.getElementById("list");
  const found = page ? [...page.querySelectorAll("#list > .row")] : [];
  const added = found.filter((row) => !list.querySelector(`:scope > [data-uid="${row.dataset.uid}"]`));
  if (!added.length) {
    link.removeAttribute("aria-busy"); // for whoever presses it now
    return null;
  }
  added.forEach((row) => (row.dataset.older = ""));
  list.append(...added);
  const next = page.getElementById("older");
  next ? link.replaceWith(next) : link.remove();
  return added;
}
