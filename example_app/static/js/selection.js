// Ticking rows: all at once, and the tools show whether there is anything to use them on.
// The list comes and goes with its messages, so what happens in it is listened to from outside.
export function tickRows() {
  const rows = document.querySelector(".rows");
  if (!rows) return;
  const boxes = () => [...rows.querySelectorAll("#list input[name=uid]")];
  const show = () => {
    const form = rows.querySelector("#selection");
    if (!form) return;
    const all = form.querySelector("#all");
    const ticked = boxes().filter((box) => box.checked).length;
    form.querySelector(".tools").classList.toggle("active", ticked > 0);
    form.classList.toggle("picking", ticked > 0);
    all.parentElement.hidden = false;
    all.checked = ticked > 0 && ticked === boxes().length;
    all.indeterminate = ticked > 0 && !all.checked;
  };
  let last = null;
  rows.addEventListener("click", (event) => {
    const everything = boxes();
    const place = everything.indexOf(event.target);
    if (place < 0) return;
    const from = everything.indexOf(last);
    if (event.shiftKey && from >= 0) {
      const between = everything.slice(Math.min(from, place), Math.max(from, place) + 1);
      between.forEach((box) => (box.checked = event.target.checked));
    }
    last = event.target;
    show();
  });
  rows.addEventListener("change", (event) => {
    if (event.target.id === "all") boxes().forEach((box) => (box.checked = event.target.checked));
    show();
  });
  document.addEventListener("list-changed", show);
  show();
}
