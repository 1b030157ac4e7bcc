// A letter goes to the server with its progress shown; whatever is answered, the text stays until it has arrived.
import { forget } from "./kept.js";

// A session that ended and began anew in another tab has another token: fetch it, and say whether that is news.
export async function renewToken(form) {
  const page = await fetch(form.dataset.self, { headers: { "X-Part": "1" }, redirect: "manual" }).catch(() => null);
  const text = page?.ok ? await page.text().catch(() => "") : "";
  const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("letter");
  if (!fresh || fresh.dataset.who !== form.dataset.who) return false;
  const token = fresh.elements.csrf_token.value;
  const isNews = token !== form.elements.csrf_token.value;
  form.elements.csrf_token.value = token;
  return isNews;
}

export const whyNot = (status, form) =>
  ({ 401: form.dataset.expired, 409: form.dataset.elsewhere })[status] ?? form.dataset.unsaved;

export async function upload(form, submitter, complain) {
  const bar = form.querySelector("progress");
  const fields = new FormData(form, submitter); // before it is disabled: a disabled button says nothing
  bar.hidden = false;
  submitter.disabled = true;
  document.getElementById("saved").textContent = form.dataset.sending;
  let answer = await send(form, fields, bar);
  if ([400, 401, 409].includes(answer.status) && (await renewToken(form))) {
    fields.set("csrf_token", form.elements.csrf_token.value);
    answer = await send(form, fields, bar);
  }
  if (answer.getResponseHeader("Content-Type")?.startsWith("application/json")) {
    forget(form);
    location.href = JSON.parse(answer.responseText).location;
    return;
  }
  const page = new DOMParser().parseFromString(answer.responseText, "text/html");
  if (answer.status === 200) {
    forget(form);
    document.getElementById("main").replaceWith(page.getElementById("main"));
    document.title = page.title;
    return;
  }
  bar.hidden = true;
  submitter.disabled = false;
  document.getElementById("saved").textContent = "";
  const isElsewhere = [401, 409].includes(answer.status);
  if (isElsewhere && !form.elements.attachments.files.length) return byForm(form, submitter); // a page helps on
  delete form.dataset.left;
  const draft = page.querySelector("#letter [name=draft]");
  if (draft) form.elements.draft.value = draft.value;
  const problem = isElsewhere ? null : page.querySelector(".problem:not([hidden])");
  complain(problem?.textContent.trim().replace(/\s+/g, " ") || whyNot(answer.status, form));
}

// Without a script between, so that the answer is the page that is shown.
export function byForm(form, submitter) {
  form.dataset.left = "by form";
  form.requestSubmit(submitter);
}

function send(form, fields, bar) {
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", (event) => (bar.value = event.lengthComputable ? event.loaded / event.total : 0));
    request.addEventListener("loadend", () => done(request));
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.send(fields);
  });
}
