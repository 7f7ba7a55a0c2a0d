// The layers of a scene as the drawing wants them: numbers unpacked, colours chosen, and where they lie before the eye.
// The data was made by _points.py. Nothing is drawn here.
"use strict";

const Layers = (function () {
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const unit = (values, one) => Float32Array.from(values, (value) => value / one);

  // What a reader chose for a layer stays for the next scene that has one of that name.
  const kept = new Map();

  function of(scene) {
    return scene.layers.map((sent, place) => {
      const raw = bytes(sent.points);
      const places = new Int16Array(raw.buffer);
      const known = scene.values[sent.known] || [];
      const before = kept.get(sent.key) || { shown: place === 0 || sent.kind === "curve", dots: sent.kind === "grid" };
      const layer = {
        ...sent, place, known, ...before,
        count: places.length / 3,
        each: sent.inner.reduce((product, length) => product * length, 1),
        places: unit(places, 32767),
        normals: sent.normals ? unit(new Int8Array(bytes(sent.normals).buffer), 127) : null,
        mask: bytes(sent.mask),
        seen: new Float32Array(places.length),
        by: colouring(sent, known, before, place, scene.prefer),
        colours: null,
      };
      paint(layer);
      return layer;
    });
  }

  // The number of the array that gives the colours: what was chosen before, what the page prefers, named kinds.
  function colouring(sent, known, before, place, prefer) {
    const at = (found) => (found < 0 ? null : found);
    if (before.by !== undefined) return at(known.findIndex((one) => one.key === before.by));
    if (place !== 0 || sent.kind === "curve") return null;
    const wanted = known.findIndex((one) => one.key === prefer);
    return at(wanted >= 0 ? wanted : known.findIndex((one) => one.category && Object.keys(one.labels).length > 0));
  }

  function keep(layer) {
    const by = layer.by === null ? null : layer.known[layer.by].key;
    kept.set(layer.key, { shown: layer.shown, dots: layer.dots, by });
  }

  function paint(layer) {
    const known = layer.by === null ? null : layer.known[layer.by];
    const range = known && Colours.range(known);
    const plain = layer.kind === "curve" ? null : layer.kind === "grid" ? 0x8fa3bd : 0xd0533f;
    layer.colours = Array.from({ length: layer.items }, (_, item) =>
      known ? Colours.of(known, range, known.numbers[item * layer.step]) : plain === null ? Colours.themed("--edge") : plain);
  }

  // The least and largest places before the eye, over every point: `place` gives across and up of one.
  function bounds(layers, place) {
    const box = { left: Infinity, right: -Infinity, low: Infinity, high: -Infinity };
    for (const { places, mask } of layers) {
      for (let at = 0; at < places.length; at += 3) {
        if (!mask[at / 3]) continue;
        const [across, up] = place(places[at], places[at + 1], places[at + 2]);
        box.left = Math.min(box.left, across);
        box.right = Math.max(box.right, across);
        box.low = Math.min(box.low, up);
        box.high = Math.max(box.high, up);
      }
    }
    return box;
  }

  return { of, keep, paint, bounds };
})();
