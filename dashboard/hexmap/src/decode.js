// The two binary answers of the server: the cell list and the value column.

const BYTES_PER_CELL = 8;
const BYTES_PER_VALUE = 5;

/** The ascending list of H3 cells of one resolution, kept as the 32-bit halves h3-js takes. */
export class CellList {
  constructor(words, res) {
    this.words = words;
    this.length = words.length / 2;
    this.res = res;
  }

  /** [low, high] halves of cell i. */
  halves(i) {
    return [this.words[2 * i], this.words[2 * i + 1]];
  }

  /** Hexadecimal text of cell i, as the rest of the program writes it. */
  hex(i) {
    const [low, high] = this.halves(i);
    return high.toString(16) + low.toString(16).padStart(8, '0');
  }

  /** Position of a cell given as hexadecimal text, or -1. The list is sorted, so no index is built. */
  indexOf(hex) {
    const high = Number.parseInt(hex.slice(0, -8), 16);
    const low = Number.parseInt(hex.slice(-8), 16);
    let from = 0;
    let to = this.length - 1;
    while (from <= to) {
      const middle = (from + to) >> 1;
      const order = compare(this.words, middle, high, low);
      if (order === 0) return middle;
      if (order < 0) from = middle + 1;
      else to = middle - 1;
    }
    return -1;
  }
}

function compare(words, i, high, low) {
  return words[2 * i + 1] - high || words[2 * i] - low;
}

function resolution(words, i) {
  return (words[2 * i + 1] >>> 20) & 15;
}

/** Read a cell list: n little-endian 64-bit ids, ascending, of one resolution. */
export function decodeCells(buffer) {
  if (buffer.byteLength % BYTES_PER_CELL !== 0) {
    throw new Error(`cell list of ${buffer.byteLength} bytes is not a whole number of cells`);
  }
  const words = new Uint32Array(buffer);
  const n = words.length / 2;
  const res = n ? resolution(words, 0) : 0;
  for (let i = 1; i < n; i += 1) {
    if (compare(words, i - 1, words[2 * i + 1], words[2 * i]) >= 0) {
      throw new Error(`cell list is not ascending at position ${i}`);
    }
    if (resolution(words, i) !== res) throw new Error(`cell list mixes resolutions at position ${i}`);
  }
  return new CellList(words, res);
}

/** Read a value column: n little-endian float32, then n status bytes. */
export function decodeValues(buffer, n) {
  if (buffer.byteLength !== n * BYTES_PER_VALUE) {
    throw new Error(`value column of ${buffer.byteLength} bytes does not fit ${n} cells`);
  }
  return {
    values: new Float32Array(buffer, 0, n),
    statuses: new Uint8Array(buffer, n * 4, n),
  };
}
