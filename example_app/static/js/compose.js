// Writing: drafts saved as one types, files dropped and pasted, rich text, progress of the upload.
import { pickFiles } from "./files.js";
import { forget, keep, offerKept } from "./kept.js";
import { richText } from "./richtext.js";
import { suggestPeople } from "./suggest.js";
import { byForm, renewToken, upload, whyNot } from "./upload.js";

const PAUSE = 1500;

export function compose() {
  const form = document.getElementById("letter");
  if (!form) return;
  const trouble = document.getElementById("trouble");
  const complain = (text) => {
    if (trouble.textContent !== text) trouble.textContent = text;
    trouble.hidden = !text;
  };
  const sync = richText(form);
  const files = pickFiles(form, complain);
  const saving = saveAsTyped(form, sync, complain);
  offerKept(form);
  suggestPeople();
  form.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (form.dataset.left === "by form") return;
    event.preventDefault();
    if (form.dataset.left) return;
    if (button?.value === "send" && files.tooLarge()) return complain(form.dataset.large);
    sync();
    form.dataset.left = "yes";
    await saving(); // one that is under way gives the draft another place, and has to be over
    if (["send", "save"].includes(button?.value)) return upload(form, button, complain);
    forget(form);
    byForm(form, button);
  });
}

// Returns a function that waits for the saving that is under way.
function saveAsTyped(form, sync, complain) {
  const saved = document.getElementById("saved");
  let timer = 0;
  let running = null;
  let dirty = false;

  async function save() {
    dirty = false;
    sync();
    keep(form);
    if (!form.dataset.draft) return (saved.textContent = form.dataset.here);
    saved.textContent = form.dataset.saving;
    const answer = await post(form);
    if (answer?.status === 200) {
      form.elements.draft.value = (await answer.json()).draft;
      saved.textContent = form.dataset.saved;
      complain("");
      forget(form);
    } else {
      saved.textContent = "";
      complain(whyNot(answer?.status, form));
    }
    if (dirty || answer?.status === 401) later(2 * PAUSE);
  }

  // What answered was not this app, or broke off halfway.
  function failed() {
    saved.textContent = "";
    complain(form.dataset.unsaved);
    if (dirty) later(2 * PAUSE);
  }

  function later(pause) {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      if (running || form.dataset.left) return;
      running = save().catch(failed); // whoever waits for it waits for its end only
      await running;
      running = null;
    }, pause);
  }

  form.addEventListener("input", () => {
    dirty = true;
    later(PAUSE);
  });
  return () => running;
}

async function post(form, again = true) {
  const fields = new FormData(form);
  fields.delete("attachments");
  const answer = await fetch(form.dataset.draft, { method: "POST", body: fields, redirect: "manual" }).catch(() => null);
  const isRefused = [400, 401, 409].includes(answer?.status);
  return again && isRefused && (await renewToken(form)) ? post(form, false) : answer;
}
