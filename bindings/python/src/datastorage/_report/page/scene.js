// The drawing in space: grids over faces as surfaces with their points, curves as lines, single points as dots. Turned
// with pointer, wheel and keys. One scene at a time: `Scene.show` draws another one.
"use strict";

const Scene = (function () {
  const canvas = document.getElementById("scene");
  const context = canvas.getContext("2d");
  const hover = document.getElementById("scene-hover");
  // How far away the eye is, in halves of the longest side.
  const EYE = 5;
  const START = { yaw: -0.7, pitch: 0.5, zoom: 1, x: 0, y: 0 };
  let view = { ...START };
  let layers = [];
  let bounds = null;
  let raster = null;
  let waiting = false;

  // ---- Drawing ----

  // z is up. Rows of a matrix: to the right, up, and away from the eye.
  function turned(yaw, pitch) {
    const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
    return [cy, sy, 0, -sy * sp, cy * sp, cp, -sy * cp, cy * cp, -sp];
  }
  // Where everything lies on a plane before the eye, seen as at the start: it is to fill the stage.
  function framed() {
    const turn = turned(START.yaw, START.pitch);
    return Layers.bounds(layers, (x, y, z) => {
      const near = EYE / (EYE + turn[6] * x + turn[7] * y + turn[8] * z);
      return [near * (turn[0] * x + turn[1] * y), near * (turn[3] * x + turn[4] * y + turn[5] * z)];
    });
  }
  function project() {
    const turn = turned(view.yaw, view.pitch);
    const { left, right, low, high } = bounds;
    const full = Math.min(raster.width / Math.max(1e-6, right - left), raster.height / Math.max(1e-6, high - low));
    const size = 0.9 * Math.min(full, 4 * raster.height) * view.zoom;
    const [middle, level] = [(left + right) / 2, (low + high) / 2];
    for (const layer of layers) {
      if (!layer.shown) continue;
      const { places, seen } = layer;
      for (let at = 0; at < places.length; at += 3) {
        const [x, y, z] = [places[at], places[at + 1], places[at + 2]];
        const away = turn[6] * x + turn[7] * y + turn[8] * z;
        const near = EYE / (EYE + away);
        seen[at] = raster.width / 2 + view.x + size * (near * (turn[0] * x + turn[1] * y) - middle);
        seen[at + 1] = raster.height / 2 + view.y - size * (near * (turn[3] * x + turn[4] * y + turn[5] * z) - level);
        seen[at + 2] = away;
      }
    }
    return turn;
  }
  function owner(layer, item) {
    return (layer.place << 24 | item) + 1;
  }
  function light(layer, at, turn) {
    const { normals } = layer;
    const [x, y, z] = [normals[at], normals[at + 1], normals[at + 2]];
    if (x === 0 && y === 0 && z === 0) return { away: 0, bright: 0.8 };
    const away = turn[6] * x + turn[7] * y + turn[8] * z;
    const up = turn[3] * x + turn[4] * y + turn[5] * z;
    const side = turn[0] * x + turn[1] * y + turn[2] * z;
    // Seen from behind, as the inside of an open part is, a face is lit as if turned around.
    const facing = away > 0 ? -1 : 1;
    return { away, bright: 0.62 + 0.46 * Math.max(0, facing * (-0.75 * away + 0.5 * up - 0.35 * side)) };
  }
  function drawGrid(layer, turn) {
    const { seen, mask, normals, colours } = layer;
    const [rows, columns] = layer.inner;
    for (let item = 0; item < layer.items; item++) {
      const mine = owner(layer, item);
      for (let row = 0; row + 1 < rows; row++) {
        for (let column = 0; column + 1 < columns; column++) {
          const a = item * layer.each + row * columns + column;
          const [b, c, d] = [a + 1, a + columns, a + columns + 1];
          if (mask[a] + mask[b] + mask[c] + mask[d] < 3) continue;
          const colour = Colours.pixel(colours[item], 1);
          for (const [p, q, r] of mask[a] && mask[d] ? [[a, b, d], [a, d, c]] : [[b, c, a], [b, c, d]]) {
            if (!(mask[p] && mask[q] && mask[r])) continue;
            const [i, j, k] = [3 * p, 3 * q, 3 * r];
            const [li, lj, lk] = normals ? [i, j, k].map((at) => light(layer, at, turn).bright) : [0.9, 0.9, 0.9];
            raster.triangle(seen[i], seen[i + 1], seen[i + 2], li, seen[j], seen[j + 1], seen[j + 2], lj,
              seen[k], seen[k + 1], seen[k + 2], lk, colour, mine);
          }
        }
      }
    }
  }
  function drawDots(layer, turn, size) {
    const { seen, mask, normals, colours } = layer;
    for (let point = 0; point < layer.count; point++) {
      if (!mask[point]) continue;
      const item = Math.floor(point / layer.each);
      const shade = normals ? light(layer, 3 * point, turn) : { away: -1, bright: 1 };
      const strength = layer.kind === "grid" ? shade.bright * 0.72 : shade.bright;
      raster.dot(seen[3 * point], seen[3 * point + 1], seen[3 * point + 2], size, Colours.pixel(colours[item], strength),
        owner(layer, item), 0.012);
    }
  }
  function drawCurves(layer, size) {
    const { seen, mask, colours } = layer;
    for (let item = 0; item < layer.items; item++) {
      const colour = Colours.pixel(colours[item], 1);
      for (let step = 1; step < layer.each; step++) {
        const point = item * layer.each + step;
        if (!mask[point] || !mask[point - 1]) continue;
        const [i, j] = [3 * point - 3, 3 * point];
        raster.line(seen[i], seen[i + 1], seen[i + 2], seen[j], seen[j + 1], seen[j + 2], size, colour,
          owner(layer, item), 0.02);
      }
    }
  }
  function draw() {
    waiting = false;
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
    if (!width || !height || !bounds) return;
    if (!raster || raster.width !== width || raster.height !== height) {
      [canvas.width, canvas.height] = [width, height];
      raster = new Raster(width, height);
    }
    raster.clear(Colours.pixel(Colours.themed("--stage"), 1), Colours.pixel(Colours.themed("--stage-2"), 1));
    const turn = project();
    for (const layer of layers.filter((one) => one.shown)) {
      if (layer.kind === "grid") drawGrid(layer, turn);
      if (layer.kind === "curve") drawCurves(layer, 1.4 * ratio);
      else if (layer.dots) drawDots(layer, turn, (layer.kind === "grid" ? 1.8 : 5) * ratio);
      else if (layer.kind === "point") drawDots(layer, turn, 5 * ratio);
    }
    context.putImageData(raster.image, 0, 0);
    canvas.dataset.drawn = String(raster.owner.reduce((sum, one) => sum + (one > 0), 0));
  }
  function redraw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(draw);
  }

  // ---- Controls ----

  function tell(event) {
    const box = canvas.getBoundingClientRect();
    const x = Math.floor((event.clientX - box.left) * raster.width / box.width);
    const y = Math.floor((event.clientY - box.top) * raster.height / box.height);
    const mine = raster.owner[y * raster.width + x];
    if (!mine) {
      hover.textContent = "";
      return;
    }
    const layer = layers[(mine - 1) >>> 24];
    const item = ((mine - 1) & 0xffffff) * layer.step;
    const lines = layer.known.map((known) => {
      const value = known.numbers[item];
      const name = known.labels[String(value)];
      return known.key + ": " + Side.text(value) + (name === undefined ? "" : " " + name);
    });
    hover.textContent = [(layer.dim || layer.key) + " " + item, ...lines].join("\n");
  }
  let pressed = null;
  canvas.addEventListener("pointerdown", (event) => {
    pressed = event;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!pressed) return tell(event);
    const [dx, dy] = [event.clientX - pressed.clientX, event.clientY - pressed.clientY];
    const ratio = raster.width / canvas.clientWidth;
    if (event.shiftKey) Object.assign(view, { x: view.x + dx * ratio, y: view.y + dy * ratio });
    else turnBy(-dx * 0.008, dy * 0.008);
    pressed = event;
    redraw();
  });
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => { pressed = null; });
  canvas.addEventListener("pointerleave", () => { hover.textContent = ""; });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoomBy(Math.exp(-event.deltaY * 0.0012));
  }, { passive: false });
  canvas.addEventListener("dblclick", reset);
  canvas.addEventListener("keydown", (event) => {
    const keys = {
      ArrowLeft: () => turnBy(-0.12, 0),
      ArrowRight: () => turnBy(0.12, 0),
      ArrowUp: () => turnBy(0, 0.12),
      ArrowDown: () => turnBy(0, -0.12),
      "+": () => zoomBy(1.15),
      "-": () => zoomBy(1 / 1.15),
      "0": reset,
    };
    if (!keys[event.key] || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    keys[event.key]();
  });
  function turnBy(yaw, pitch) {
    view.yaw += yaw;
    view.pitch = Math.min(Math.PI / 2, Math.max(-Math.PI / 2, view.pitch + pitch));
    redraw();
  }
  function reset() {
    view = { ...START };
    redraw();
  }
  function zoomBy(factor) {
    view.zoom = Math.min(40, Math.max(0.2, view.zoom * factor));
    redraw();
  }

  function changed() {
    Side.legend(layers);
    redraw();
  }
  // Draws a scene, seen as the last one was turned.
  function show(scene) {
    layers = Layers.of(scene);
    bounds = framed();
    view = { ...START, yaw: view.yaw, pitch: view.pitch };
    hover.textContent = "";
    document.getElementById("scene-layers").replaceChildren(...layers.map((layer) => Side.control(layer, changed)));
    Side.legend(layers);
    draw();
  }

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { layers.forEach(Layers.paint); redraw(); });
  new ResizeObserver(redraw).observe(canvas);
  const own = document.getElementById("scene-data");
  if (own) show(JSON.parse(own.textContent));
  return { show };
})();
