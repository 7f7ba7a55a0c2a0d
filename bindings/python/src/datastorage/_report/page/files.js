// The table of files: sorted, filtered and shown a page at a time, so that many thousands stay quick. The data was made
// by _dataset/_table.py: values by column, labels of rows as bits of a number.
"use strict";
document.documentElement.classList.add("script");

(function () {
  const data = JSON.parse(document.getElementById("files-data").textContent);
  const PAGE = 50;
  // A score beyond this is marked; as in _outliers.py.
  const FAR = 3.5;
  const byId = (identity) => document.getElementById("files-" + identity);
  const [table, search, found, far] = [byId("table"), byId("search"), byId("found"), byId("far")];
  const body = table.tBodies[0];
  const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  const total = data.codes.length;
  const drawn = new Set(data.drawn);
  const columns = data.columns.map((column, place) => ({ ...column, place, ranks: null }));
  const score = columns.find((column) => column.score);
  let [sorted, descending, at] = [null, false, 0];
  let rows = [];

  const value = (column, row) => (column.words ? column.words[column.values[row]] : column.values[row]);

  function shown(column, row) {
    const given = value(column, row);
    if (given === null) return "–";
    if (column.kind !== "number") return given;
    if (column.score) return given.toFixed(2);
    if (!Number.isInteger(given)) return String(Number(given.toPrecision(6))).replace("-", "−");
    return String(given).replace("-", "−").replace(/\B(?=(\d{3})+$)/g, "\u202f");
  }

  // Numbers to sort by: of texts, their place in the natural order; what is not known is NaN.
  function ranks(column) {
    if (column.ranks) return column.ranks;
    if (column.kind === "number") {
      column.ranks = Float64Array.from(column.values, (one) => (one === null ? NaN : one));
    } else {
      const words = column.words || column.values;
      const order = Array.from(words.keys()).sort((a, b) => collator.compare(words[a] || "", words[b] || ""));
      const rank = new Float64Array(words.length);
      order.forEach((word, place) => { rank[word] = words[word] === null ? NaN : place; });
      column.ranks = column.words ? Float64Array.from(column.values, (word) => rank[word]) : rank;
    }
    return column.ranks;
  }

  // ---- Filters ----

  const texts = [];
  function textOf(row) {
    if (texts[row] === undefined) {
      const words = columns.filter((column) => column.kind === "text").map((column) => value(column, row) || "");
      texts[row] = words.join(" ").toLowerCase();
    }
    return texts[row];
  }

  function named(text) {
    const wanted = text.toLowerCase();
    const names = (column) => [column.name, ...(column.also || [])];
    return columns.find((column) => names(column).some((one) => one.toLowerCase() === wanted)) ||
      columns.find((column) => column.name.toLowerCase().includes(wanted));
  }

  const SIGNS = {
    ">": (x, y) => x > y, "<": (x, y) => x < y, ">=": (x, y) => x >= y, "<=": (x, y) => x <= y,
    "=": (x, y) => x === y, "==": (x, y) => x === y, "!=": (x, y) => x !== y,
  };

  // A comparison as a test of rows; a text that is a value and its name is equal to either.
  function comparison(name, sign, text) {
    const column = named(name);
    if (!column) throw new Error("there is no column " + name);
    const wanted = Number(text);
    if (column.kind === "number") {
      if (text === "" || Number.isNaN(wanted)) throw new Error(column.name + " is compared with a number, not " + text);
      return (row) => value(column, row) !== null && SIGNS[sign](value(column, row), wanted);
    }
    if (!/^(!=|==?)$/.test(sign)) throw new Error(column.name + " is a text: = and != compare it");
    const lower = text.toLowerCase();
    const same = (one) => one === lower || one.startsWith(lower + " ") || one.endsWith(" " + lower);
    return (row) => same((value(column, row) || "").toLowerCase()) === (sign !== "!=");
  }

  function asked(text) {
    const tests = [];
    const pattern =
      /(?:"([^"]*)"|([^\s"<>=!]+))\s*(>=|<=|!=|==|=|>|<)\s*(?:"([^"]*)"|([^\s"]+))|"([^"]*)"|(\S+)/g;
    for (const [, quoted, name, sign, wanted, plain, phrase, word] of text.matchAll(pattern)) {
      if (sign) tests.push(comparison(quoted ?? name, sign, wanted ?? plain));
      else tests.push((row) => textOf(row).includes((phrase ?? word).toLowerCase()));
    }
    return tests;
  }

  // Menus of labels: of files by their text, of rows by whether a file has any.
  const menus = [
    ...columns.filter((column) => column.choices).map((column) => ({
      name: column.name, choices: column.choices,
      test: (choice) => (row) => value(column, row) === column.choices[choice],
    })),
    ...data.masks.map((mask) => ({
      name: mask.name, choices: mask.choices,
      test: (choice) => (row) => Math.floor(mask.bits[row] / 2 ** choice) % 2 === 1,
    })),
  ];
  for (const menu of menus) {
    menu.select = document.createElement("select");
    menu.select.add(new Option("any", ""));
    menu.choices.forEach((choice, place) => menu.select.add(new Option(choice, String(place))));
    menu.select.addEventListener("change", refresh);
    const label = document.createElement("label");
    label.append(menu.name + " ", menu.select);
    byId("filters").append(label);
  }

  // ---- Showing ----

  function refresh() {
    at = 0;
    let tests = [];
    let trouble = "";
    try {
      tests = asked(search.value);
    } catch (error) {
      trouble = error.message;
    }
    for (const menu of menus) if (menu.select.value !== "") tests.push(menu.test(Number(menu.select.value)));
    if (far && far.checked) tests.push((row) => value(score, row) > FAR);
    rows = [];
    for (let row = 0; row < total; row++) if (tests.every((test) => test(row))) rows.push(row);
    if (sorted) {
      const rank = ranks(sorted);
      const sign = descending ? -1 : 1;
      // What is not known comes last in either order.
      rows.sort((a, b) => (isNaN(rank[a]) - isNaN(rank[b])) || sign * (rank[a] - rank[b]) || a - b);
    }
    const all = total === data.files ? "files" : "listed files";
    const part = rows.length === total ? "" : shownCount(rows.length) + " of ";
    found.textContent = trouble || part + shownCount(total) + " " + all;
    found.classList.toggle("bad", trouble !== "");
    page();
  }

  function shownCount(number) {
    return String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f");
  }

  function element(name, text, kind) {
    const made = document.createElement(name);
    made.textContent = text;
    if (kind) made.className = kind;
    return made;
  }

  function line(row, place) {
    const made = document.createElement("tr");
    made.setAttribute("aria-rowindex", String(place + 2));
    for (const column of columns) {
      const cell = element(column.place ? "td" : "th", "", column.kind === "number" ? "num" : "");
      const text = element("bdi", shown(column, row));
      if (column.kind !== "number") text.title = text.textContent;
      cell.append(text);
      if (!column.place) {
        cell.scope = "row";
        if (drawn.has(row)) {
          const show = element("button", "show", "link");
          show.type = "button";
          show.dataset.show = data.codes[row];
          show.setAttribute("aria-label", "Show " + text.textContent + " in space");
          cell.append(show);
        }
      }
      if (column === score && value(column, row) > FAR) cell.classList.add("warn");
      made.append(cell);
    }
    return made;
  }

  function page() {
    const last = Math.min(at + PAGE, rows.length);
    body.replaceChildren(...rows.slice(at, last).map((row, place) => line(row, at + place)));
    table.setAttribute("aria-rowcount", String(rows.length + 1));
    byId("page").textContent = rows.length ? shownCount(at + 1) + " to " + shownCount(last) : "none";
    byId("back").disabled = at === 0;
    byId("on").disabled = last >= rows.length;
  }

  function turn(by) {
    at = Math.max(0, Math.min(at + by * PAGE, rows.length - 1));
    page();
  }

  // ---- Controls ----

  const head = document.createElement("tr");
  for (const column of columns) {
    const cell = element("th", "", column.kind === "number" ? "num" : "");
    cell.scope = "col";
    const button = element("button", column.name);
    button.type = "button";
    button.addEventListener("click", () => sort(column, cell));
    cell.append(button);
    head.append(cell);
  }
  table.tHead.replaceChildren(head);

  // A click sorts, large numbers first; the next one turns the order; a third gives that of the codes back.
  function sort(column, cell) {
    const first = column.kind === "number";
    if (sorted !== column) [sorted, descending] = [column, first];
    else if (descending === first) descending = !first;
    else sorted = null;
    for (const other of head.cells) other.removeAttribute("aria-sort");
    if (sorted) cell.setAttribute("aria-sort", descending ? "descending" : "ascending");
    refresh();
  }

  function clear() {
    search.value = "";
    if (far) far.checked = false;
    for (const menu of menus) menu.select.value = "";
  }

  search.addEventListener("input", refresh);
  if (far) far.addEventListener("change", refresh);
  byId("clear").addEventListener("click", () => { clear(); refresh(); });
  byId("back").addEventListener("click", () => turn(-1));
  byId("on").addEventListener("click", () => turn(1));
  // A label elsewhere in the page lists its files.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-filter]");
    const menu = button && menus.find((one) => one.name === button.dataset.filter);
    if (!menu) return;
    clear();
    menu.select.value = String(menu.choices.indexOf(button.dataset.choice));
    refresh();
    document.getElementById("files").scrollIntoView();
    menu.select.focus({ preventScroll: true });
  });
  refresh();
})();
