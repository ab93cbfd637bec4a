// Cell lists with their geometry, each fetched and computed once a page however many maps show it.

import { decodeCells } from './decode.js';
import { fetchBuffer } from './fetching.js';
import { buildGeometry } from './geometry.js';
import { buildMesh } from './mesh.js';

const KEPT = 6;

/** Least recently used cache of promised cell lists. They never change, so they are safe to share. */
export class CellStore {
  #kept = new Map();

  constructor(fetchBytes = fetchBuffer, kept = KEPT) {
    this.fetchBytes = fetchBytes;
    this.limit = kept;
  }

  /** {url, cells, geometry, mesh, attributes} of a cell list; a failure is not remembered. */
  get(url) {
    const entry = this.#kept.get(url) ?? this.#load(url);
    this.#kept.delete(url);
    this.#kept.set(url, entry);
    if (this.#kept.size > this.limit) this.#kept.delete(this.#kept.keys().next().value);
    return entry;
  }

  async #load(url) {
    try {
      const cells = decodeCells(await this.fetchBytes(url));
      const { corners, ...geometry } = buildGeometry(cells);
      const mesh = buildMesh(corners);
      const attributes = {
        indices: { value: mesh.indices, size: 1 },
        positions: { value: mesh.positions, size: 2 },
      };
      return { url, cells, geometry, mesh, attributes };
    } catch (error) {
      this.#kept.delete(url);
      throw error;
    }
  }
}
