// Where the map looks: what the page asks for, what the visitor did, and when to tell.

import { FlyToInterpolator, LinearInterpolator } from '@deck.gl/core';
import { ZOOM_RANGE, resolveCamera, transitionKind } from './camera.js';

const QUIET_MS = 150;

function reducedMotion() {
  return window.matchMedia('(prefers-reduced-motion: reduce)').matches;
}

function easeInOut(t) {
  return t < 0.5 ? 4 * t ** 3 : 1 - (-2 * t + 2) ** 3 / 2;
}

export class CameraControl {
  #viewState = null;
  #framed = false;
  #moves = 0;
  #quiet = null;

  /** `onRest()` is called when the camera has come to rest. */
  constructor(surface, onRest) {
    this.surface = surface;
    this.onRest = onRest;
  }

  remove() {
    clearTimeout(this.#quiet);
  }

  /** Go where the page asks. */
  go(camera) {
    const { width, height } = this.surface.size;
    const to = resolveCamera(camera, width, height);
    if (!to) return;
    this.#framed = true;
    this.#apply(to, transitionKind(this.#here(), to, width, reducedMotion()));
  }

  /** Show `bounds` once, when nobody has said where to look. */
  frame(bounds, camera) {
    if (this.#framed || camera || !bounds) return;
    this.go({ bounds });
  }

  moved(viewState) {
    if (!this.#framed) return;
    this.#viewState = viewState;
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(this.onRest, QUIET_MS);
  }

  resized(camera) {
    if (camera?.bounds) this.go({ ...camera, duration: 0 });
    if (this.#viewState) this.moved(this.#viewState);
  }

  #here() {
    const at = this.#viewState;
    return at && { lon: at.longitude, lat: at.latitude, zoom: at.zoom };
  }

  #apply({ lon, lat, zoom, duration }, kind) {
    this.#moves += 1; // makes the state new even when its numbers are those of the last request
    const state = { longitude: lon, latitude: lat, zoom, pitch: 0, bearing: 0, ...ZOOM_RANGE, move: this.#moves };
    if (kind === 'jump') {
      this.surface.setViewState({ ...state, transitionDuration: 0 });
      this.moved(state);
      return;
    }
    this.surface.setViewState({
      ...state,
      transitionDuration: duration,
      transitionEasing: easeInOut,
      transitionInterpolator:
        kind === 'fly' ? new FlyToInterpolator() : new LinearInterpolator(['longitude', 'latitude', 'zoom']),
    });
  }
}
