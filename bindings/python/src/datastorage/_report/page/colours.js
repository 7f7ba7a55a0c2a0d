// Colours of values: one hue a kind for few integers, a ramp for numbers; and colours as pictures and styles want them.
// A colour is 0xRRGGBB, a pixel of the picture 0xBBGGRR.
"use strict";

const Colours = (function () {
  const HUES = [
    0x3b78c9, 0xe08a2e, 0x3a9d5d, 0xc94f4f, 0x8a67c4, 0x20a3a8, 0xd56aa5, 0x9a8a1f, 0x7a5a48, 0x6f7f95, 0x9dbf3b, 0x4b4fb0,
    0xe3b505, 0x5bb5e8, 0xa03e7d, 0xb9a88c, 0xf08c7a, 0x9c9cf0, 0x8c2f2f, 0x57c79a,
  ];
  const RAMP = [0x352a87, 0x2760c8, 0x1593b5, 0x2eb27a, 0xa5be4f, 0xf6c23e];

  function pixel(colour, light) {
    const part = (shift) => Math.min(255, Math.max(0, Math.round(((colour >> shift) & 255) * light)));
    return (part(0) << 16) | (part(8) << 8) | part(16);
  }

  // A colour of the page's style, which is another one in the dark.
  function themed(name) {
    const text = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    return parseInt(text.slice(1), 16);
  }

  function ramp(t) {
    const place = Math.min(0.9999, Math.max(0, t)) * (RAMP.length - 1);
    const low = Math.floor(place);
    const part = (colour, shift) => (colour >> shift) & 255;
    const mix = (shift) =>
      Math.round(part(RAMP[low], shift) * (1 - (place - low)) + part(RAMP[low + 1], shift) * (place - low)) << shift;
    return mix(16) | mix(8) | mix(0);
  }

  // Where the values of an array lie, and which ones there are: in all of a dataset, where the page knows them.
  function range(known) {
    const finite = known.numbers.filter((value) => value !== null);
    const low = finite.reduce((a, b) => Math.min(a, b), Infinity);
    const high = finite.reduce((a, b) => Math.max(a, b), -Infinity);
    return { low, high, kinds: known.kinds || Array.from(new Set(finite)).sort((a, b) => a - b) };
  }

  function of(known, range, value) {
    if (value === null) return 0x808080;
    if (known.category) return HUES[range.kinds.indexOf(value) % HUES.length];
    return ramp(range.high > range.low ? (value - range.low) / (range.high - range.low) : 0.5);
  }

  const css = (colour) => "#" + colour.toString(16).padStart(6, "0");
  return { pixel, themed, ramp, range, of, css };
})();
