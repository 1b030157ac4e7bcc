// Desktop notifications, for those who switched them on in this browser.
const isOn = () => globalThis.Notification?.permission === "granted" && localStorage.getItem("notify") === "on";

export function offerNotifications() {
  const button = document.getElementById("notify");
  if (!button || !globalThis.Notification) return;
  button.hidden = false;
  const show = () => (button.querySelector("span").textContent = isOn() ? button.dataset.on : button.dataset.off);
  button.addEventListener("click", async () => {
    if (isOn()) localStorage.setItem("notify", "off");
    else if ((await Notification.requestPermission()) === "granted") localStorage.setItem("notify", "on");
    show();
  });
  show();
}

export function notify(title, body, tag) {
  if (isOn() && document.hidden) new Notification(title, { body, tag: `mail-${tag}` });
}
