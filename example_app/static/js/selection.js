// Ticking rows: all at once, and the tools show whether there is anything to use them on.
export function tickRows() {
  const form = document.getElementById("selection");
  if (!form) return;
  const all = form.querySelector("#all");
  const boxes = () => [...form.querySelectorAll("input[name=uid]")];
  const show = () => {
    const ticked = boxes().filter((box) => box.checked).length;
    form.querySelector(".tools").classList.toggle("active", ticked > 0);
    form.classList.toggle("picking", ticked > 0);
    all.checked = ticked > 0 && ticked === boxes().length;
    all.indeterminate = ticked > 0 && !all.checked;
  };
  all.parentElement.hidden = false;
  all.addEventListener("change", () => {
    boxes().forEach((box) => (box.checked = all.checked));
    show();
  });
  let last = null;
  form.addEventListener("click", (event) => {
    const rows = boxes();
    const place = rows.indexOf(event.target);
    if (place < 0) return;
    if (event.shiftKey && last !== null) {
      rows.slice(Math.min(last, place), Math.max(last, place) + 1).forEach((box) => (box.checked = event.target.checked));
    }
    last = place;
    show();
  });
  form.addEventListener("change", show);
  form.querySelector("select[name=destination]")?.addEventListener("change", (event) => {
    if (event.target.value && boxes().some((box) => box.checked)) form.querySelector("button[value=move]").click();
  });
  show();
}
