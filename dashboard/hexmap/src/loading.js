// From addresses to decoded data; each loader keeps only its latest request alive.

import { decodeValues } from './decode.js';
import { readDistricts } from './districts.js';
import { RefusedError, fetchBuffer, persist } from './fetching.js';
import { Latest } from './latest.js';
import { readPoints } from './points.js';

/** What went wrong, by name: the part of the map, the server's status or null, the message for people. */
function problemOf(part, { status = null, message }) {
  return { part, status, message };
}

/** A decoded answer that is wrong will be wrong again: never ask for it twice. */
function decoded(read) {
  try {
    return read();
  } catch (error) {
    throw new RefusedError(error.message);
  }
}

/** Loads steps: a cell list with a value column. */
export class StepLoader {
  #latest = new Latest();
  loading = false;

  constructor(store, onFailure) {
    this.store = store;
    this.onFailure = (error) => onFailure(problemOf('values', error));
  }

  /** {entry, column, version}, or undefined when it was overtaken or refused. */
  async load(cellsUrl, valuesUrl) {
    const turn = this.#latest.take();
    this.loading = true;
    const step = await persist((signal) => this.#fetch(cellsUrl, valuesUrl, signal), turn, this.onFailure);
    if (!turn.isCurrent()) return undefined;
    this.loading = false;
    return step && { ...step, version: valuesUrl ?? null };
  }

  async #fetch(cellsUrl, valuesUrl, signal) {
    const bytes = valuesUrl ? fetchBuffer(valuesUrl, signal) : null;
    bytes?.catch(() => {}); // heard below; the cells may fail first
    const entry = await this.store.get(cellsUrl);
    const body = await bytes;
    return { entry, column: body ? decoded(() => decodeValues(body, entry.cells.length)) : null };
  }

  stop() {
    this.#latest.close();
    this.loading = false;
  }
}

/** Loads district outlines. */
export class DistrictLoader {
  #latest = new Latest();

  constructor(onFailure) {
    this.onFailure = (error) => onFailure(problemOf('districts', error));
  }

  /** Districts of an address (none for no address), or undefined when overtaken or refused. */
  async load(url) {
    const turn = this.#latest.take();
    if (!url) return [];
    const read = async (signal) => {
      const text = new TextDecoder().decode(await fetchBuffer(url, signal));
      return decoded(() => readDistricts(JSON.parse(text)));
    };
    return persist(read, turn, this.onFailure);
  }

  stop() {
    this.#latest.close();
  }
}

/** Loads points; an empty picture for no address. */
export class PointLoader {
  #latest = new Latest();

  constructor(onFailure) {
    this.onFailure = (error) => onFailure(problemOf('points', error));
  }

  /** Points of {url, classes}, or undefined when overtaken or refused: the old ones then stay. */
  async load(points, readProperty) {
    const turn = this.#latest.take();
    if (!points?.url) return [];
    const read = async (signal) => {
      const text = new TextDecoder().decode(await fetchBuffer(points.url, signal));
      return decoded(() => readPoints(JSON.parse(text), points.classes, readProperty));
    };
    return persist(read, turn, this.onFailure);
  }

  stop() {
    this.#latest.close();
  }
}
