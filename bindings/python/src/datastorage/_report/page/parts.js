// Which file is drawn in space: picked by name, by the arrows, or by a button anywhere in the page. The files were chosen
// by _dataset/_parts.py.
"use strict";

(function () {
  const parts = JSON.parse(document.getElementById("parts-data").textContent);
  const select = document.getElementById("part");
  const groups = new Map();
  parts.forEach((part, place) => {
    const [kind, ...rest] = part.reason.split(": ");
    if (!groups.has(kind)) {
      groups.set(kind, document.createElement("optgroup"));
      groups.get(kind).label = kind;
      select.append(groups.get(kind));
    }
    const option = new Option(part.name + " (" + rest.join(": ") + ")", String(place));
    groups.get(kind).append(option);
  });

  function show(place) {
    const { scene, reason } = parts[place];
    select.value = String(place);
    document.getElementById("part-reason").textContent = "Chosen as " + reason + ".";
    const lengths = scene.high.map((high, axis) => String(Number((high - scene.low[axis]).toPrecision(4))));
    document.getElementById("part-extent").textContent = lengths.join(" × ") + (scene.unit ? " " + scene.unit : "");
    Scene.show(scene);
  }

  // The order of the menu is that of the groups.
  function step(by) {
    const options = Array.from(select.options);
    show(Number(options[(select.selectedIndex + by + options.length) % options.length].value));
  }

  select.addEventListener("change", () => show(Number(select.value)));
  document.getElementById("part-back").addEventListener("click", () => step(-1));
  document.getElementById("part-on").addEventListener("click", () => step(1));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-show]");
    const place = button ? parts.findIndex((part) => String(part.code) === button.dataset.show) : -1;
    if (place < 0) return;
    show(place);
    document.getElementById("space").scrollIntoView();
    select.focus({ preventScroll: true });
  });
  show(0);
})();
