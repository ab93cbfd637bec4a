// The base map slot: raster tiles by address, for cities that have a licensed service. None by default.

import { BitmapLayer } from '@deck.gl/layers';

const TILE_PX = 256;
const WORLD_UNITS = 512;
const KEPT = 160;

/** Tiles {x, y, z} that cover common-space bounds at a view zoom, at most `maxZoom` deep. */
export function coveringTiles([x0, y0, x1, y1], zoom, maxZoom = 18) {
  const z = Math.max(0, Math.min(maxZoom, Math.round(zoom + Math.log2(WORLD_UNITS / TILE_PX))));
  const n = 2 ** z;
  const column = (x) => Math.min(n - 1, Math.max(0, Math.floor((x / WORLD_UNITS) * n)));
  const row = (y) => Math.min(n - 1, Math.max(0, Math.floor((1 - y / WORLD_UNITS) * n)));
  const tiles = [];
  for (let y = row(y1); y <= row(y0); y += 1) {
    for (let x = column(x0); x <= column(x1); x += 1) tiles.push({ x, y, z });
  }
  return tiles;
}

/** Common-space bounds [left, bottom, right, top] of a tile. */
export function tileBounds({ x, y, z }) {
  const size = WORLD_UNITS / 2 ** z;
  return [x * size, WORLD_UNITS - (y + 1) * size, (x + 1) * size, WORLD_UNITS - y * size];
}

/** Address of a tile: {x}, {y}, {z} filled in; {s} spreads over `hosts` where a service asks for it. */
export function tileUrl({ url, hosts }, { x, y, z }) {
  const host = hosts?.length ? hosts[(x + y) % hosts.length] : '';
  return url.replaceAll('{x}', x).replaceAll('{y}', y).replaceAll('{z}', z).replaceAll('{s}', host);
}

/** Fetched tiles of one base map; `onTile` is called when one more can be drawn. */
export class RasterTiles {
  #images = new Map();
  #complete = []; // the tiles of the last view of which all had come

  constructor(basemap, onTile) {
    this.basemap = basemap;
    this.onTile = onTile;
    this.gone = false;
  }

  remove() {
    this.gone = true;
    for (const image of this.#images.values()) image?.close?.();
    this.#images.clear();
  }

  /** Layers of the tiles in view that have come; asks for those that have not. Until all have, the
   *  tiles shown before stay below them, so that no zoom bares the ground. */
  layers(viewport) {
    const [a, b] = [viewport.unproject([0, viewport.height]), viewport.unproject([viewport.width, 0])];
    const [x0, y0] = viewport.projectFlat(a);
    const [x1, y1] = viewport.projectFlat(b);
    const wanted = coveringTiles([x0, y0, x1, y1], viewport.zoom, this.basemap.maxZoom).map((tile) => {
      const address = tileUrl(this.basemap, tile);
      return { address, tile, image: this.#image(address) };
    });
    const come = wanted.filter(({ image }) => image);
    const addresses = new Set(come.map(({ address }) => address));
    const below = this.#complete.filter(({ address }) => !addresses.has(address));
    if (come.length < wanted.length) return [...below, ...come].map((each) => this.#layer(each));
    this.#complete = come;
    return come.map((each) => this.#layer(each));
  }

  #layer({ address, image, tile }) {
    return new BitmapLayer({
      id: `tile-${address}`,
      image,
      bounds: tileBounds(tile),
      coordinateSystem: 'cartesian',
      opacity: this.basemap.opacity ?? 1,
      pickable: false,
      parameters: { depthCompare: 'always' },
    });
  }

  #image(address) {
    if (this.#images.has(address)) return this.#images.get(address);
    this.#images.set(address, null);
    this.#fetch(address);
    while (this.#images.size > KEPT) this.#images.delete(this.#images.keys().next().value);
    return null;
  }

  /** A tile that does not come leaves the ground to be seen; it is asked for again when it is next in view. */
  async #fetch(address) {
    try {
      const response = await fetch(address);
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      const image = await createImageBitmap(await response.blob());
      if (this.gone || !this.#images.has(address)) return image.close();
      this.#images.set(address, image);
      return this.onTile();
    } catch {
      return this.#images.delete(address);
    }
  }
}
