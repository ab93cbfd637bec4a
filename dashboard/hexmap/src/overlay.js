// What lies above the cells and is drawn in two dimensions: district names, the clock sign of stale
// cells, the outline of the cell under the pointer. A plain canvas gives sharper Chinese text at wall
// sizes than a glyph texture, and hovering costs no redraw of the cells.

import { Names } from './names.js';
import { overlap, thinOut } from './placing.js';
import { css } from './themes.js';

const SIGN_SPACING_PX = 88;
const SIGN_RADIUS_PX = 7;
const HALO_PX = 4;
const ZOOM_STEPS_PER_LEVEL = 4;

export class Overlay {
  constructor(parent) {
    this.canvas = document.createElement('canvas');
    Object.assign(this.canvas.style, {
      position: 'absolute',
      inset: '0',
      width: '100%',
      height: '100%',
      pointerEvents: 'none',
    });
    this.canvas.setAttribute('aria-hidden', 'true');
    parent.appendChild(this.canvas);
    this.context = this.canvas.getContext('2d');
    this.focused = false;
    this.names = new Names();
    this.signs = { stale: null, step: 0, cells: [] };
    this.shown = [];
  }

  remove() {
    this.canvas.width = 0;
    this.canvas.height = 0;
    this.canvas.remove();
  }

  /** Draw one frame. `scene` holds theme, labels, hovered and stale cells; `viewport` is deck's. */
  draw(viewport, pixelRatio, scene) {
    const { width, height } = viewport;
    this.#fitCanvas(width, height, pixelRatio);
    const { context } = this;
    context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
    context.clearRect(0, 0, width, height);
    const labels = scene.labels.length ? this.names.inFrame(viewport, context, scene) : [];
    if (scene.stale.length) this.#drawSigns(viewport, scene, labels);
    if (scene.hovered) this.#drawHovered(viewport, scene);
    this.#drawLabels(labels, scene.theme);
    if (this.focused) this.#drawFocus(viewport, scene.theme);
    this.shown = labels.map(({ text }) => text);
  }

  #fitCanvas(width, height, pixelRatio) {
    const [w, h] = [Math.round(width * pixelRatio), Math.round(height * pixelRatio)];
    if (this.canvas.width !== w) this.canvas.width = w;
    if (this.canvas.height !== h) this.canvas.height = h;
  }

  #drawFocus({ width, height }, theme) {
    const { context } = this;
    context.lineWidth = 6;
    context.strokeStyle = css(theme.casing);
    context.strokeRect(0, 0, width, height);
    context.lineWidth = 4;
    context.strokeStyle = css(theme.selection);
    context.strokeRect(0, 0, width, height);
  }

  #drawHovered(viewport, { hovered, theme }) {
    const { context } = this;
    context.beginPath();
    for (const [lon, lat] of hovered) context.lineTo(...viewport.project([lon, lat]));
    context.closePath();
    context.lineJoin = 'round';
    context.strokeStyle = css(theme.casing, 0.9);
    context.lineWidth = 3.5;
    context.stroke();
    context.strokeStyle = css(theme.hover);
    context.lineWidth = 1.5;
    context.stroke();
  }

  #drawSigns(viewport, { stale, geometry, theme }, labels) {
    const step = Math.round(viewport.zoom * ZOOM_STEPS_PER_LEVEL) / ZOOM_STEPS_PER_LEVEL;
    if (this.signs.stale !== stale || this.signs.step !== step) {
      const spacing = SIGN_SPACING_PX / 2 ** step;
      this.signs = { stale, step, cells: thinOut(stale, geometry.centres, spacing) };
    }
    for (const i of this.signs.cells) {
      const [x, y] = viewport.project(
        viewport.unprojectPosition([
          geometry.origin[0] + geometry.centres[2 * i],
          geometry.origin[1] + geometry.centres[2 * i + 1],
          0,
        ]),
      );
      const sign = { left: x - SIGN_RADIUS_PX, right: x + SIGN_RADIUS_PX, top: y - SIGN_RADIUS_PX, bottom: y + SIGN_RADIUS_PX };
      const seen = sign.right > 0 && sign.bottom > 0 && sign.left < viewport.width && sign.top < viewport.height;
      if (seen && !labels.some(({ box }) => overlap(box, sign))) this.#clock(x, y, theme);
    }
  }

  #clock(x, y, theme) {
    const { context } = this;
    context.beginPath();
    context.arc(x, y, SIGN_RADIUS_PX, 0, 2 * Math.PI);
    context.fillStyle = css(theme.signGround, 0.85);
    context.fill();
    context.strokeStyle = css(theme.sign);
    context.lineWidth = 1.4;
    context.lineCap = 'round';
    context.lineJoin = 'round';
    context.stroke();
    context.beginPath();
    context.moveTo(x, y - 4.2);
    context.lineTo(x, y);
    context.lineTo(x + 3, y + 1.8);
    context.stroke();
  }

  #drawLabels(placed, theme) {
    const { context } = this;
    for (const { from, box } of placed.filter(({ led }) => led)) this.#leader(from, box, theme);
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    context.lineJoin = 'round';
    context.lineWidth = HALO_PX;
    context.strokeStyle = css(theme.labelHalo, 0.92);
    context.fillStyle = css(theme.label);
    for (const { text, y, box } of placed) {
      context.strokeText(text, Math.round(box.right), Math.round(y));
      context.fillText(text, Math.round(box.right), Math.round(y));
    }
    for (const { y, box } of placed.filter(({ isStale }) => isStale)) {
      this.#clock(box.left + SIGN_RADIUS_PX, y, theme);
    }
  }

  /** From a name beside its district to the place it speaks of. */
  #leader([x, y], box, theme) {
    const { context } = this;
    const [tx, ty] = [Math.max(box.left, Math.min(box.right, x)), Math.max(box.top, Math.min(box.bottom, y))];
    context.lineCap = 'round';
    for (const [colour, width] of [[theme.labelHalo, 3.5], [theme.label, 1.2]]) {
      context.strokeStyle = css(colour);
      context.lineWidth = width;
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(tx, ty);
      context.stroke();
    }
  }
}
