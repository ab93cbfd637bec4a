// The canvas stack of one map: deck.gl below, the two-dimensional overlay above, one source of events.
// A lost WebGL context is answered with a new one, in place.

import { Deck, MapView as DeckMapView } from '@deck.gl/core';
import { ZOOM_RANGE } from './camera.js';
import { Overlay } from './overlay.js';
import { Pointer } from './pointer.js';

const CONTROLLER = {
  dragRotate: false,
  touchRotate: false,
  doubleClickZoom: false, // else every click is held back 300 ms
  doubleClickDragZoom: false,
  keyboard: { rotateSpeedX: 0, rotateSpeedY: 0 },
  inertia: 250,
};

export class Surface {
  #pixelRatioMax = 2;
  #label = '';
  #viewState = { longitude: 0, latitude: 0, zoom: ZOOM_RANGE.minZoom };

  /** `events`: onClick, onHover, onLeave, onMove(viewState), onResize, onFrame, onFocus, onReplaced
   *  (a new context that has nothing yet), onError. */
  constructor(container, events) {
    this.container = container;
    this.events = events;
    this.#open();
  }

  #open() {
    const { events } = this;
    this.deck = new Deck({
      parent: this.container,
      views: new DeckMapView({ repeat: false }),
      controller: CONTROLLER,
      useDevicePixels: this.pixelRatio,
      initialViewState: this.#viewState,
      layers: [],
      getCursor: ({ isDragging }) => (isDragging ? 'grabbing' : 'default'),
      onViewStateChange: ({ viewState }) => {
        this.#viewState = viewState;
        events.onMove(viewState);
      },
      onAfterRender: events.onFrame,
      onResize: events.onResize,
      onDeviceInitialized: (device) => device.lost?.then(() => this.#replace()),
      onError: events.onError,
    });
    this.canvas = this.container.querySelector('canvas');
    this.canvas.setAttribute('role', 'application');
    this.canvas.setAttribute('aria-label', this.#label);
    this.canvas.addEventListener('focus', () => this.#focus(this.canvas.matches(':focus-visible')));
    this.canvas.addEventListener('blur', () => this.#focus(false));
    this.overlay = new Overlay(this.container);
    this.pointer = new Pointer(this.canvas, events);
  }

  #focus(focused) {
    this.overlay.focused = focused;
    this.events.onFocus();
  }

  #replace() {
    if (!this.deck) return;
    this.remove();
    this.#open();
    this.events.onReplaced();
  }

  remove() {
    const { device } = this.deck;
    this.pointer.remove();
    this.overlay.remove();
    this.deck.finalize();
    this.deck = null;
    // deck.gl leaves its WebGL context alive after finalize(); browsers allow only a few.
    device?.canvasContext?.destroy();
    device?.gl?.getExtension('WEBGL_lose_context')?.loseContext();
  }

  get pixelRatio() {
    return Math.min(window.devicePixelRatio || 1, this.#pixelRatioMax);
  }

  get size() {
    return { width: this.container.clientWidth || 1, height: this.container.clientHeight || 1 };
  }

  /** deck's viewport, or undefined before the first frame. */
  get viewport() {
    return this.deck?.isInitialized ? this.deck.getViewports()[0] : undefined;
  }

  describe(label, pixelRatioMax) {
    this.#label = label ?? '';
    this.#pixelRatioMax = pixelRatioMax ?? 2;
    this.canvas.setAttribute('aria-label', this.#label);
    this.deck.setProps({ useDevicePixels: this.pixelRatio });
  }

  setLayers(layers) {
    this.deck.setProps({ layers });
  }

  setViewState(viewState) {
    const { transitionDuration, transitionInterpolator, transitionEasing, ...resting } = viewState;
    this.#viewState = resting;
    this.deck.setProps({ initialViewState: viewState });
  }

  /** Look for places of names anew: the camera rests, or what there is to name has changed. */
  unsettleNames() {
    this.overlay.names.unsettle();
  }

  drawOverlay(scene) {
    const { viewport } = this;
    if (!viewport) return;
    this.overlay.draw(viewport, this.pixelRatio, scene);
    this.container.dataset.labels = this.overlay.shown.join(' ');
  }
}
