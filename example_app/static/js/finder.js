// The mailbox type is found while one types its name; an address goes on to its type by Enter.
export function findKind() {
  const field = document.getElementById("find");
  if (!field) return;
  const [first, others, nobody] = ["first", "others", "nobody"].map((id) => document.getElementById(id));
  field.addEventListener("input", () => {
    const text = field.value.trim().toLowerCase();
    const wanted = text.includes("@") ? text.slice(text.indexOf("@") + 1) : text;
    let count = 0;
    for (const item of others.children) {
      item.hidden = !wanted || !item.dataset.names.includes(wanted);
      count += !item.hidden;
    }
    first.hidden = Boolean(wanted);
    others.hidden = !wanted;
    nobody.hidden = !wanted || count > 0;
  });
}
