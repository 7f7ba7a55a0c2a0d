// Beside the drawing: which layers are shown, what gives them their colours, and what the colours mean.
"use strict";

const Side = (function () {
  const text = (value) => (value === null ? "not a number" : String(Number(value.toPrecision(6))));

  function legend(layers) {
    const place = document.getElementById("scene-legend");
    place.replaceChildren();
    const add = (parent, name, content, style) => {
      const element = document.createElement(name);
      element.textContent = content;
      Object.assign(element.style, style);
      parent.append(element);
      return element;
    };
    for (const layer of layers.filter((one) => one.shown && one.by !== null)) {
      const known = layer.known[layer.by];
      const range = Colours.range(known);
      add(place, "b", known.key, {});
      if (known.category) {
        for (const kind of range.kinds) {
          const number = known.numbers.filter((value) => value === kind).length;
          if (!number) continue;
          const line = add(place, "span", "", {});
          add(line, "i", "", { background: Colours.css(Colours.of(known, range, kind)) }).className = "swatch";
          const name = known.labels[String(kind)];
          line.append((name === undefined ? String(kind) : name) + " (" + number + ")");
        }
      } else if (range.kinds.length) {
        const stops = [0, 0.2, 0.4, 0.6, 0.8, 1].map((t) => Colours.css(Colours.ramp(t)));
        add(place, "div", "", { background: "linear-gradient(90deg," + stops.join(",") + ")" }).className = "ramp";
        const ends = add(place, "div", "", {});
        ends.className = "ramp-ends";
        add(ends, "span", text(range.low), {});
        add(ends, "span", text(range.high), {});
      }
    }
  }

  function control(layer, changed) {
    const place = document.createElement("div");
    place.className = "layer";
    const check = (label, checked, change) => {
      const line = document.createElement("label");
      const box = document.createElement("input");
      box.type = "checkbox";
      box.checked = checked;
      box.addEventListener("change", () => { change(box.checked); Layers.keep(layer); changed(); });
      line.append(box, " " + label);
      place.append(line);
    };
    check(layer.key, layer.shown, (checked) => { layer.shown = checked; });
    if (layer.kind === "grid") check("its points", layer.dots, (checked) => { layer.dots = checked; });
    if (layer.known.length) {
      const select = document.createElement("select");
      select.setAttribute("aria-label", "Colour " + layer.key + " by");
      const choices = layer.known.map((known, index) => [String(index), "by " + known.key]);
      for (const [index, name] of [["", "one colour"], ...choices]) {
        const option = document.createElement("option");
        option.value = index;
        option.textContent = name;
        select.append(option);
      }
      select.value = layer.by === null ? "" : String(layer.by);
      select.addEventListener("change", () => {
        layer.by = select.value === "" ? null : Number(select.value);
        Layers.keep(layer);
        Layers.paint(layer);
        changed();
      });
      place.append(select);
    }
    return place;
  }

  return { legend, control, text };
})();
