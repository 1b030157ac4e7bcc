// Writing: drafts saved as one types, files dropped and pasted, rich text, progress of the upload.
import { pickFiles } from "./files.js";
import { richText } from "./richtext.js";
import { suggestPeople } from "./suggest.js";

const PAUSE = 1500;

export function compose() {
  const form = document.getElementById("letter");
  if (!form) return;
  const trouble = document.getElementById("trouble");
  const complain = (text) => {
    trouble.textContent = text;
    trouble.hidden = !text;
  };
  const sync = richText(form);
  const files = pickFiles(form, complain);
  saveAsTyped(form, sync, complain);
  offerKept(form);
  suggestPeople();
  form.addEventListener("submit", (event) => {
    sync();
    if (files.tooLarge() && event.submitter?.value === "send") {
      event.preventDefault();
      complain(form.dataset.large);
    } else if (files.any() && event.submitter?.value === "send") {
      event.preventDefault();
      upload(form, event.submitter, complain);
    }
    form.dataset.left = "yes";
  });
}

const keyOf = (form) => `letter:${form.dataset.who}`;
const textsOf = (form) =>
  Object.fromEntries(["to", "cc", "bcc", "subject", "body", "html"].map((name) => [name, form.elements[name].value]));

function saveAsTyped(form, sync, complain) {
  const saved = document.getElementById("saved");
  let timer = 0;
  let busy = false;
  let dirty = false;

  async function save() {
    if (busy || form.dataset.left) return;
    busy = true;
    dirty = false;
    sync();
    try {
      localStorage.setItem(keyOf(form), JSON.stringify(textsOf(form)));
    } catch {} // a full or forbidden storage: the server's copy is enough
    saved.textContent = form.dataset.saving;
    const answer = await post(form);
    busy = false;
    if (answer?.status === 200) {
      form.elements.draft.value = (await answer.json()).draft;
      saved.textContent = form.dataset.saved;
      complain("");
      forget(form);
    } else {
      saved.textContent = "";
      complain(answer?.status === 401 ? form.dataset.expired : form.dataset.unsaved);
    }
    if (dirty || answer?.status === 401) timer = setTimeout(save, 2 * PAUSE);
  }

  form.addEventListener("input", () => {
    dirty = true;
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
  });
}

// A session that ended and began anew in another tab has another token: fetch it, and try once more.
async function post(form, again = true) {
  const fields = new FormData(form);
  fields.delete("attachments");
  const answer = await fetch(form.dataset.draft, { method: "POST", body: fields, redirect: "manual" }).catch(() => null);
  if (again && (answer?.status === 400 || answer?.status === 401)) {
    const page = await fetch(form.dataset.self, { redirect: "manual" }).catch(() => null);
    const text = page?.ok ? await page.text() : "";
    const token = new DOMParser().parseFromString(text, "text/html").querySelector("#letter [name=csrf_token]");
    if (token) {
      form.elements.csrf_token.value = token.value;
      return post(form, false);
    }
  }
  return answer;
}

function forget(form) {
  localStorage.removeItem(keyOf(form));
}

function offerKept(form) {
  const kept = JSON.parse(localStorage.getItem(keyOf(form)) || "null");
  if (!kept || form.elements.draft.value || form.elements.answer.value) return;
  const note = document.createElement("div");
  note.className = "note";
  const text = document.createElement("p");
  text.textContent = form.dataset.kept;
  const restore = document.createElement("button");
  const remove = document.createElement("button");
  for (const [button, name] of [[restore, form.dataset.restore], [remove, form.dataset.forget]]) {
    button.type = "button";
    button.className = "quiet";
    button.textContent = name;
  }
  restore.addEventListener("click", () => {
    Object.entries(kept).forEach(([name, value]) => (form.elements[name].value = value));
    note.remove();
    form.dispatchEvent(new Event("restored"));
    form.dispatchEvent(new Event("input"));
  });
  remove.addEventListener("click", () => {
    forget(form);
    note.remove();
  });
  note.append(text, restore, remove);
  document.querySelector(".notes").append(note);
}

function upload(form, submitter, complain) {
  const bar = form.querySelector("progress");
  const request = new XMLHttpRequest();
  const fields = new FormData(form, submitter);
  const fail = () => {
    bar.hidden = true;
    submitter.disabled = false;
    delete form.dataset.left;
    complain(form.dataset.unsaved);
  };
  bar.hidden = false;
  submitter.disabled = true;
  document.getElementById("saved").textContent = form.dataset.sending;
  request.upload.addEventListener("progress", (event) => (bar.value = event.lengthComputable ? event.loaded / event.total : 0));
  request.addEventListener("error", fail);
  request.addEventListener("load", () => {
    if (request.getResponseHeader("Content-Type")?.startsWith("application/json")) {
      location.href = JSON.parse(request.responseText).location;
      return;
    }
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const problem = page.querySelector(".problem:not([hidden])");
    if (request.status !== 200 && problem) {
      fail();
      complain(problem.textContent.trim());
    } else {
      document.getElementById("main").replaceWith(page.getElementById("main"));
      document.title = page.title;
    }
  });
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.send(fields);
}
