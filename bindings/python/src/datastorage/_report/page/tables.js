// Search and sorting of the table of everything. Without it the table is there, in the order of the tree.
"use strict";
document.documentElement.classList.add("script");

(function () {
  const table = document.getElementById("everything");
  const body = table.tBodies[0];
  const tree = Array.from(body.rows);
  const search = document.getElementById("search");
  const found = document.getElementById("found");
  // Names are compared by the whole key, so that a search for a group finds what is in it.
  const texts = tree.map((row) => (row.cells[0].dataset.value + " " + row.textContent).toLowerCase());
  let column = -1;
  let descending = false;

  function value(row, place) {
    const cell = row.cells[place];
    if (!cell) return "";
    return cell.dataset.value === undefined ? cell.textContent : cell.dataset.value;
  }

  function order(a, b) {
    const [x, y] = [value(a, column), value(b, column)];
    const numbers = x !== "" && y !== "" && !isNaN(x) && !isNaN(y);
    const sign = numbers ? Number(x) - Number(y) : x.localeCompare(y, undefined, { numeric: true });
    return descending ? -sign : sign;
  }

  function show() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const flat = column >= 0;
    const rows = tree.filter((row, place) => {
      if (flat && row.classList.contains("group")) return false;
      return words.every((word) => texts[place].includes(word));
    });
    table.classList.toggle("flat", flat);
    for (const row of tree) {
      const name = row.cells[0].querySelector("bdi");
      const key = row.cells[0].dataset.value;
      name.textContent = flat ? key : key.slice(key.lastIndexOf("/") + 1);
    }
    body.replaceChildren(...(flat ? rows.sort(order) : rows));
    found.textContent = words.length ? rows.length + " of " + tree.length : "";
  }

  // A click sorts, large numbers first; the next one turns the order; a third gives the tree back.
  table.tHead.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const wanted = Number(button.dataset.column);
    const first = button.dataset.kind === "number";
    if (column !== wanted) {
      column = wanted;
      descending = first;
    } else if (descending === first) {
      descending = !first;
    } else {
      column = -1;
    }
    for (const other of table.tHead.querySelectorAll("th")) other.removeAttribute("aria-sort");
    if (column >= 0) button.parentElement.setAttribute("aria-sort", descending ? "descending" : "ascending");
    show();
  });
  search.addEventListener("input", show);
})();
