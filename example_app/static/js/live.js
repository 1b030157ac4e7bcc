// The list as it is now: by server-sent events, and by asking again where there are none.
// One tab of a browser listens for all of them, since browsers open few connections to one host.
import { notify, offerNotifications } from "./notify.js";

const POLL = 30_000;

export function followMail() {
  const rows = document.querySelector(".rows[data-events]");
  if (!rows) return;
  const channel = new BroadcastChannel("mail");
  let timer = 0;
  let arrived = [];

  function soon(news) {
    if (news.folder === "INBOX") arrived.push(...news.arrived);
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const uids = arrived.splice(0);
      await refresh(rows, uids);
    }, 120);
  }

  function listen(release) {
    const source = new EventSource(rows.dataset.events);
    const stop = () => {
      source.close();
      release();
    };
    source.addEventListener("change", (event) => {
      const news = JSON.parse(event.data);
      channel.postMessage(news);
      soon(news);
    });
    source.addEventListener("ready", () => (document.documentElement.dataset.live = "yes"));
    source.addEventListener("ended", () => {
      stop();
      refresh(rows, []);
    });
    source.addEventListener("failed", stop);
    source.addEventListener("error", () => source.readyState === EventSource.CLOSED && release());
    addEventListener("pagehide", stop);
  }

  channel.addEventListener("message", (event) => soon({ ...event.data, arrived: [] }));
  if (navigator.locks) navigator.locks.request("mail-events", () => new Promise(listen));
  else listen(() => {});
  setInterval(() => document.documentElement.dataset.live || refresh(rows, []), POLL);
  document.addEventListener("mail-left", () => refresh(rows, []));
  offerNotifications();
  showCount();
}

async function refresh(rows, arrived) {
  const answer = await fetch(rows.dataset.url, { headers: { "X-Background": "1" }, redirect: "manual" }).catch(() => null);
  if (answer?.type === "opaqueredirect") return ended(rows);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector(".rows");
  if (!fresh) return;
  document.getElementById("folders").replaceWith(page.getElementById("folders"));
  merge(rows, fresh);
  showCount();
  announce(rows, arrived);
}

// Rows that stand further down, loaded on demand, stay; those that the fresh page lacks among its own are gone.
function merge(rows, fresh) {
  const [old, now] = [rows.querySelector("#list"), fresh.querySelector("#list")];
  if (!old || !now) {
    if (old || now) rows.replaceChildren(...fresh.children);
    return;
  }
  const uidOf = (row) => Number(row.dataset.uid);
  const known = new Map([...old.children].map((row) => [uidOf(row), row]));
  const uids = new Set([...now.children].map(uidOf));
  const rest = [...old.children].filter((row) => "older" in row.dataset && !uids.has(uidOf(row)));
  const next = [...now.children].map((row) => keepState(known.get(uidOf(row)), row));
  old.replaceChildren(...next, ...rest);
  rows.querySelector("#title").replaceWith(fresh.querySelector("#title"));
}

function keepState(before, row) {
  if (!before) return row;
  row.querySelector("input").checked = before.querySelector("input").checked;
  const link = before.querySelector(".rowlink");
  if (link.hasAttribute("aria-current")) row.querySelector(".rowlink").setAttribute("aria-current", "true");
  return before.outerHTML === row.outerHTML || link === document.activeElement ? keepText(before, row) : row;
}

function keepText(before, row) {
  before.className = row.className;
  return before;
}

function announce(rows, uids) {
  for (const uid of uids) {
    const row = document.querySelector(`#list > [data-uid="${uid}"]`);
    const who = row?.querySelector(".people").textContent.replace(/^.*:\s/, "").trim();
    const subject = row?.querySelector(".subject").textContent;
    if (row) document.getElementById("announce").textContent = `${rows.dataset.arrived} ${who}: ${subject}`;
    notify(who ?? rows.dataset.arrived, subject ?? "", uid);
  }
}

function showCount() {
  const unread = Number(document.querySelector('#folders a[href*="folder=INBOX"] b')?.firstChild.textContent ?? 0);
  document.title = (unread ? `(${unread}) ` : "") + document.title.replace(/^\(\d+\) /, "");
  unread ? navigator.setAppBadge?.(unread).catch(() => {}) : navigator.clearAppBadge?.().catch(() => {});
}

function ended(rows) {
  const note = document.createElement("div");
  note.className = "note";
  const text = document.createElement("p");
  text.textContent = rows.dataset.ended;
  const link = document.createElement("a");
  link.className = "button quiet";
  link.href = rows.dataset.signin;
  link.textContent = rows.dataset.signinText;
  note.append(text, link);
  document.querySelector(".notes").replaceChildren(note);
}
