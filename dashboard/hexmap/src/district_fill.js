// Districts as coloured areas: the same classes, states and patterns as cells, on triangles of outlines.

import { lngLatToWorld } from '@math.gl/web-mercator';
import earcut from 'earcut';
import { paintCells, unpack } from './colours.js';
import { STATUS, VISUAL } from './states.js';

/** Triangles of all districts: {origin, positions, indices, owners}, owners the district of each vertex. */
export function buildFill(districts) {
  const origin = districts.length ? lngLatToWorld(districts[0].at) : [0, 0];
  const [positions, indices, owners] = [[], [], []];
  districts.forEach(({ polygons }, owner) => {
    for (const rings of polygons) {
      const first = positions.length / 2;
      const holes = rings.slice(1).map((_, k) => rings.slice(0, k + 1).flat().length);
      const flat = rings.flat().flatMap((at) => {
        const [x, y] = lngLatToWorld(at);
        return [x - origin[0], y - origin[1]];
      });
      for (const index of earcut(flat, holes)) indices.push(first + index);
      for (const number of flat) positions.push(number);
      for (let i = 0; i < flat.length / 2; i += 1) owners.push(owner);
    }
  });
  return {
    origin,
    positions: Float32Array.from(positions),
    indices: Uint32Array.from(indices),
    owners: Uint16Array.from(owners),
  };
}

/** Values and statuses in the order of the districts; one that is not mentioned is no data. */
export function columnOf(districts, districtValues) {
  const found = districts.map(({ id }) => districtValues[id]);
  return {
    values: Float32Array.from(found, (entry) => entry?.value ?? Number.NaN),
    statuses: Uint8Array.from(found, (entry) => entry?.status ?? STATUS.no_data),
  };
}

/** The coloured districts of one map. */
export class DistrictFill {
  #districts = [];
  #mesh = buildFill([]);
  #attributes = {};

  setDistricts(districts) {
    this.#districts = districts;
    this.#mesh = buildFill(districts);
    const { indices, positions } = this.#mesh;
    this.#attributes = { indices: { value: indices, size: 1 }, positions: { value: positions, size: 2 } };
  }

  /**
   * {origin, data, counts, stale, weak}: what the layer draws, districts in each state, ids of stale
   * ones, and the outlines with their colours of those that rest on few cases.
   */
  paint(districtValues, breaks, table) {
    const n = this.#districts.length;
    const column = columnOf(this.#districts, districtValues);
    const { packed, visuals, counts } = paintCells(n, column, breaks, table);
    const { origin, owners, indices } = this.#mesh;
    const spread = Uint32Array.from(owners, (owner) => packed[owner]);
    const colors = { value: new Uint8Array(spread.buffer), size: 4, normalized: true };
    return {
      origin,
      counts,
      stale: this.#districts.filter((_, i) => visuals[i] === VISUAL.stale).map(({ id }) => id),
      weak: this.#districts.flatMap(({ rings }, i) =>
        visuals[i] === VISUAL.lowN ? rings.map((ring) => ({ ring, colour: unpack(packed[i]) })) : [],
      ),
      data: { length: n, indexCount: indices.length, attributes: { ...this.#attributes, colors } },
    };
  }
}
