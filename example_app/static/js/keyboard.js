// Single keys for those who want them; a switch in the help turns them off, since speech input types letters too.
const isOff = () => localStorage.getItem("keys") === "off";
const isTyping = (element) => element.closest("input:not([type=checkbox]), textarea, select, [contenteditable=true], dialog");

export function listenToKeys() {
  const dialog = document.getElementById("keys");
  if (!dialog) return;
  const box = dialog.querySelector("input");
  box.checked = !isOff();
  box.addEventListener("change", () => localStorage.setItem("keys", box.checked ? "on" : "off"));
  document.getElementById("showkeys")?.addEventListener("click", () => dialog.showModal());
  document.addEventListener("keydown", (event) => {
    if (isOff() || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key === "?") dialog.showModal();
    else if (event.key === "j" || event.key === "k") step(event.key === "j" ? 1 : -1);
    else if (event.key === "x") document.activeElement.closest(".row")?.querySelector("input").click();
    else if (!press(event.key)) return;
    event.preventDefault();
  });
}

// From row to row; beside an open message the next one opens.
function step(by) {
  const links = [...document.querySelectorAll(".rowlink")];
  const focused = links.indexOf(document.activeElement);
  const place = focused >= 0 ? focused : links.findIndex((link) => link.hasAttribute("aria-current"));
  const next = links[Math.max(0, Math.min(links.length - 1, place + by))];
  if (!next) return;
  next.focus();
  if (document.body.classList.contains("open") && !next.hasAttribute("aria-current")) next.click();
}

function press(key) {
  const element = [...document.querySelectorAll("[data-key]")].find((found) => found.dataset.key === key && found.offsetParent);
  if (!element) return false;
  element.matches("input") ? element.focus() : element.click();
  return true;
}
