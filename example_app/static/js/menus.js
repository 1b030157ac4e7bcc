// Menus close by Escape and by a click elsewhere, as people expect of menus.
export function closeMenus() {
  const open = () => document.querySelectorAll("details.dropdown[open]");
  document.addEventListener("click", (event) => {
    open().forEach((menu) => menu.contains(event.target) || menu.removeAttribute("open"));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    open().forEach((menu) => {
      menu.removeAttribute("open");
      menu.querySelector("summary").focus();
    });
  });
}
