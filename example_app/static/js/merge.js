// A list on the page becomes the fresh one: ticks, focus, and what stands further down stay.
export function merge(rows, fresh) {
  const [old, now] = [rows.querySelector("#list"), fresh.querySelector("#list")];
  if (!old && !now) return;
  if (!old || !now || validityOf(rows) !== validityOf(fresh)) return rows.replaceChildren(...fresh.children);
  const before = [...old.children];
  const known = new Map(before.map((row) => [row.dataset.uid, row]));
  const uids = new Set([...now.children].map((row) => row.dataset.uid));
  const goesOn = Boolean(fresh.querySelector("#older"));
  const hadOlder = before.some(isOlder);
  const rest = goesOn ? below(before, known.get(now.lastElementChild.dataset.uid)).filter((row) => !uids.has(row.dataset.uid)) : [];
  rest.forEach((row) => (row.dataset.older = ""));
  old.replaceChildren(...[...now.children].map((row) => keepState(known.get(row.dataset.uid), row)), ...rest);
  rows.querySelector("#title").replaceChildren(...fresh.querySelector("#title").childNodes);
  if (!hadOlder || !goesOn) rows.querySelector(".more").replaceChildren(...fresh.querySelector(".more").childNodes);
}

const isOlder = (row) => "older" in row.dataset;
const validityOf = (rows) => rows.querySelector("#selection [name=uidvalidity]")?.value;

// What new messages pushed off the first page stands below its last row still; if that row is new here, only what was
// loaded on demand does.
const below = (before, last) => (last ? before.slice(before.indexOf(last) + 1) : before.filter(isOlder));

function keepState(before, row) {
  if (!before) return row;
  row.querySelector("input").checked = before.querySelector("input").checked;
  const link = before.querySelector(".rowlink");
  if (link.hasAttribute("aria-current")) row.querySelector(".rowlink").setAttribute("aria-current", "true");
  if (before.outerHTML !== row.outerHTML && link !== document.activeElement) return row;
  before.className = row.className;
  return before;
}
