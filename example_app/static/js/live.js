// The list as it is now: by server-sent events, and by asking again where there are none.
// One tab of a browser listens for all that show the same mailbox, since browsers open few connections to one host.
import { merge } from "./merge.js";
import { notify, offerNotifications } from "./notify.js";

const POLL = 30_000;
const AGAIN = 60_000;

export function followMail() {
  const rows = document.querySelector(".rows[data-events]");
  if (!rows) return;
  const { who, folder } = rows.dataset;
  const name = `mail ${who}`;
  const channel = new BroadcastChannel(name);
  const state = document.documentElement.dataset;
  let timer = 0;
  const shown = new Set([...document.querySelectorAll("#list > [data-uid]")].map((row) => Number(row.dataset.uid)));
  let arrived = [];

  // Who joins a stream that runs already may hear of mail that the page was made with.
  function soon(news) {
    if (news.folder === "INBOX") arrived.push(...news.arrived.filter((uid) => folder !== "INBOX" || !shown.has(uid)));
    clearTimeout(timer);
    timer = setTimeout(() => refresh(rows, arrived.splice(0)), 120);
  }

  function listen(release) {
    const source = new EventSource(rows.dataset.events);
    const stop = () => {
      source.close();
      delete state.live;
      release();
    };
    source.addEventListener("change", (event) => {
      const news = JSON.parse(event.data);
      channel.postMessage(news);
      soon(news);
    });
    source.addEventListener("ready", () => {
      state.live = "yes";
      soon({ arrived: [] }); // what came after the page was made, or while nobody listened
    });
    source.addEventListener("ended", () => {
      stop();
      refresh(rows, []);
    });
    source.addEventListener("failed", stop);
    source.addEventListener("error", () => {
      delete state.live;
      if (source.readyState === EventSource.CLOSED) stop();
    });
    addEventListener("pagehide", stop, { once: true });
  }

  // Whoever cannot listen, or not any more, asks from time to time, and tries to listen again after a while.
  async function takeTurns() {
    while (!state.over) {
      await (navigator.locks ? navigator.locks.request(name, () => new Promise(listen)) : new Promise(listen));
      await new Promise((go) => setTimeout(go, AGAIN));
    }
  }

  channel.addEventListener("message", (event) => soon({ ...event.data, arrived: [] }));
  takeTurns();
  setInterval(() => state.live || state.over || refresh(rows, []), POLL);
  document.addEventListener("mail-left", () => refresh(rows, []));
  offerNotifications();
  showCount();
}

async function refresh(rows, arrived) {
  const answer = await fetch(rows.dataset.url, { headers: { "X-Background": "1" }, redirect: "manual" }).catch(() => null);
  if (answer?.type === "opaqueredirect") return stop(rows.dataset.ended, rows.dataset.signin, rows.dataset.signinText);
  if (answer?.status === 409) return stop(rows.dataset.elsewhere);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector(".rows");
  if (!fresh) return;
  document.getElementById("folders").replaceWith(page.getElementById("folders"));
  merge(rows, fresh);
  document.dispatchEvent(new Event("list-changed"));
  showCount();
  announce(rows, arrived);
}

// The uids that arrived are the inbox's: in another folder they are other messages.
function announce(rows, uids) {
  if (rows.dataset.folder !== "INBOX") return uids.length && notify(rows.dataset.inbox, "", "inbox");
  for (const uid of uids) {
    const row = document.querySelector(`#list > [data-uid="${uid}"]`);
    const who = row?.querySelector(".people").textContent.replace(/^.*:\s/, "").trim();
    const subject = row?.querySelector(".subject").textContent;
    if (row) document.getElementById("announce").textContent = `${rows.dataset.arrived} ${who}: ${subject}`;
    notify(who ?? rows.dataset.inbox, subject ?? "", uid);
  }
}

function showCount() {
  const unread = Number(document.querySelector("#folders [data-inbox]")?.firstChild.textContent ?? 0);
  document.title = (unread ? `(${unread}) ` : "") + document.title.replace(/^\(\d+\) /, "");
  unread ? navigator.setAppBadge?.(unread).catch(() => {}) : navigator.clearAppBadge?.().catch(() => {});
}

// Nothing on this page is kept current any more, and it says why.
function stop(why, href, name) {
  document.documentElement.dataset.over = "yes";
  const note = document.createElement("div");
  note.className = "note";
  const text = document.createElement("p");
  text.textContent = why;
  note.append(text);
  if (href) {
    const link = document.createElement("a");
    link.className = "button quiet";
    link.href = href;
    link.textContent = name;
    note.append(link);
  }
  document.querySelector(".notes").replaceChildren(note);
}
