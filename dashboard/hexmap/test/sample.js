// Cells for the tests: everything inside a box, as the server would send it.

import { polygonToCells } from 'h3-js';

export function cellsInBox([west, south, east, north], res) {
  const ring = [
    [south, west],
    [south, east],
    [north, east],
    [north, west],
  ];
  return polygonToCells(ring, res).sort((a, b) => (BigInt(`0x${a}`) < BigInt(`0x${b}`) ? -1 : 1));
}

export function encodeCells(hexes) {
  return BigUint64Array.from(hexes, (hex) => BigInt(`0x${hex}`)).buffer;
}

export function encodeValues(values, statuses) {
  const buffer = new ArrayBuffer(values.length * 5);
  new Float32Array(buffer, 0, values.length).set(values);
  new Uint8Array(buffer, values.length * 4).set(statuses);
  return buffer;
}
