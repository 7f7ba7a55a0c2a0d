// Draws triangles, lines and dots into a picture with a depth buffer, in software: the same everywhere, with or without
// a graphics card. Places are in pixels with depth growing away from the eye; colours are 0xBBGGRR. Knows nothing of parts.
"use strict";

class Raster {
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.image = new ImageData(width, height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.depth = new Float32Array(width * height);
    // What was drawn at a pixel, 0 for nothing: for asking what is under the pointer.
    this.owner = new Uint32Array(width * height);
  }

  // A background that goes from one colour to another, top to bottom.
  clear(top, bottom) {
    const { width, height, pixels } = this;
    for (let y = 0; y < height; y++) {
      const t = height > 1 ? y / (height - 1) : 0;
      const mix = (shift) => Math.round(((top >> shift) & 255) * (1 - t) + ((bottom >> shift) & 255) * t);
      pixels.fill((0xff000000 | (mix(16) << 16) | (mix(8) << 8) | mix(0)) >>> 0, y * width, (y + 1) * width);
    }
    this.depth.fill(Infinity);
    this.owner.fill(0);
  }

  // The colour, 0xBBGGRR, is brightened at each corner by its light and evenly in between.
  triangle(ax, ay, az, la, bx, by, bz, lb, cx, cy, cz, lc, colour, owner) {
    const area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
    if (area === 0 || area !== area) return;
    const { width, height, pixels, depth } = this;
    const left = Math.max(0, Math.ceil(Math.min(ax, bx, cx) - 0.5));
    const right = Math.min(width - 1, Math.floor(Math.max(ax, bx, cx) + 0.5));
    const top = Math.max(0, Math.ceil(Math.min(ay, by, cy) - 0.5));
    const bottom = Math.min(height - 1, Math.floor(Math.max(ay, by, cy) + 0.5));
    const [red, green, blue] = [colour & 255, (colour >> 8) & 255, (colour >> 16) & 255];
    // Weights of b and c, which change by constants from pixel to pixel. A little beyond the edge, so that no seam shows.
    const slack = -1e-3;
    for (let y = top; y <= bottom; y++) {
      let v = ((left - ax) * (cy - ay) - (y - ay) * (cx - ax)) / area;
      let w = ((bx - ax) * (y - ay) - (by - ay) * (left - ax)) / area;
      const dv = (cy - ay) / area;
      const dw = -(by - ay) / area;
      for (let x = left, at = y * width + left; x <= right; x++, at++, v += dv, w += dw) {
        if (v < slack || w < slack || v + w > 1 - slack) continue;
        const z = az + v * (bz - az) + w * (cz - az);
        if (z >= depth[at]) continue;
        depth[at] = z;
        const light = la + v * (lb - la) + w * (lc - la);
        const shade = (part) => Math.min(255, part * light);
        pixels[at] = (0xff000000 | (shade(blue) << 16) | (shade(green) << 8) | shade(red)) >>> 0;
        this.owner[at] = owner;
      }
    }
  }

  // A line some pixels wide; `nearer` lifts it off the surface that it lies on.
  line(ax, ay, az, bx, by, bz, size, colour, owner, nearer) {
    const steps = Math.ceil(Math.max(Math.abs(bx - ax), Math.abs(by - ay)));
    if (!(steps < 20000)) return;
    for (let step = 0; step <= steps; step++) {
      const t = steps ? step / steps : 0;
      this.dot(ax + t * (bx - ax), ay + t * (by - ay), az + t * (bz - az), size, colour, owner, nearer);
    }
  }

  // A round dot, a pixel at least.
  dot(x, y, z, size, colour, owner, nearer) {
    const { width, height, pixels, depth } = this;
    const radius = size / 2;
    const near = z - nearer;
    const left = Math.max(0, Math.round(x - radius));
    const right = Math.min(width - 1, Math.max(Math.round(x - radius), Math.round(x + radius) - 1));
    const top = Math.max(0, Math.round(y - radius));
    const bottom = Math.min(height - 1, Math.max(Math.round(y - radius), Math.round(y + radius) - 1));
    const value = (0xff000000 | colour) >>> 0;
    const limit = size > 3 ? radius * radius : Infinity;
    for (let py = top; py <= bottom; py++) {
      for (let px = left; px <= right; px++) {
        const dx = px + 0.5 - x;
        const dy = py + 0.5 - y;
        const at = py * width + px;
        if (dx * dx + dy * dy > limit || near >= depth[at]) continue;
        depth[at] = near;
        pixels[at] = value;
        this.owner[at] = owner;
      }
    }
  }
}
