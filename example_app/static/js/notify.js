// Desktop notifications, for those who switched them on in this browser.
const isOn = () => globalThis.Notification?.permission === "granted" && localStorage.getItem("notify") === "on";

export function offerNotifications() {
  const button = document.getElementById("notify");
  if (!button || !globalThis.Notification) return;
  button.hidden = false;
  const show = () => {
    button.setAttribute("aria-pressed", String(isOn()));
    if (isOn()) button.querySelector("span").textContent = button.dataset.on;
  };
  button.addEventListener("click", async () => {
    if ((await Notification.requestPermission()) === "granted") localStorage.setItem("notify", "on");
    show();
  });
  show();
}

export function notify(title, body, uid) {
  if (isOn() && document.hidden) new Notification(title, { body, tag: `mail-${uid}` });
}
