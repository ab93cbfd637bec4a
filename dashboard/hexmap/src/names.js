// The names of districts: settled when the camera rests, carried along while it moves.

import { placeLabels, settleLabels } from './placing.js';

const SAME_ZOOM = 0.5; // within it a name stays where it stood as long as it can
const SIGN_ROOM_PX = 20;

/** Size of district names: readable from across a room, whatever the size of the wall. */
function labelSizePx(height) {
  return Math.max(13, Math.min(44, Math.round(height / 44)));
}

export class Names {
  #places = new Map();
  #obstacles = [];
  #settled = false;

  /** Look for places anew with the next frame. */
  unsettle() {
    this.#settled = false;
  }

  /** The names of one frame: {id, text, x, y, box, led, from, isStale}. Sets the context's font. */
  inFrame(viewport, context, scene) {
    const labels = this.#measured(viewport, context, scene);
    if (!this.#settled) this.#settle(labels, viewport, scene);
    const placed = labels
      .filter(({ id }) => this.#places.has(id))
      .map((label) => ({ ...label, ...this.#pixels(this.#places.get(label.id), viewport) }));
    return placeLabels(placed, this.#view(viewport));
  }

  #measured(viewport, context, { labels, language, font, selected, staleDistricts }) {
    const size = labelSizePx(viewport.height);
    context.font = `400 ${size}px ${font}`;
    const measured = labels.map((district) => {
      const text = district.names[language] || district.names.zh;
      const isStale = staleDistricts.includes(district.id);
      const width = context.measureText(text).width + (isStale ? SIGN_ROOM_PX : 0);
      const first = district.id === selected ? 1 : 0;
      return { id: district.id, district, text, isStale, first, width, height: size * 1.15 };
    });
    return measured.sort((a, b) => b.first - a.first);
  }

  #view({ width, height }) {
    return { width, height, obstacles: this.#obstacles };
  }

  #settle(labels, viewport, { obstacles }) {
    this.#obstacles = obstacles();
    const asked = labels.map((label) => ({
      ...label,
      rings: label.district.rings.map((ring) => ring.map((at) => viewport.project(at))),
      wanted: viewport.project(label.district.at),
      kept: this.#keptPixels(label.id, viewport),
    }));
    const before = this.#places;
    this.#places = new Map();
    for (const { id, x, y, led } of settleLabels(asked, this.#view(viewport))) {
      const { at } = asked.find((label) => label.id === id).district;
      const [ax, ay] = viewport.project(at);
      const place = led ? { at, dx: x - ax, dy: y - ay } : { at: viewport.unproject([x, y]), dx: 0, dy: 0 };
      // Zooming in small steps must not carry a name away for ever: its zoom stays that of its choice.
      const old = before.get(id);
      const zoom = old && this.#isKept(old, viewport) ? old.zoom : viewport.zoom;
      this.#places.set(id, { ...place, led, zoom });
    }
    this.#settled = true;
  }

  #isKept(place, { zoom }) {
    return !place.led && Math.abs(place.zoom - zoom) < SAME_ZOOM;
  }

  #keptPixels(id, viewport) {
    const place = this.#places.get(id);
    return place && this.#isKept(place, viewport) ? viewport.project(place.at) : null;
  }

  #pixels({ at, dx, dy, led }, viewport) {
    const from = viewport.project(at);
    return { x: from[0] + dx, y: from[1] + dy, led, from };
  }
}
