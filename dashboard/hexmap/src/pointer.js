// Pointer, touch and click on the map, from plain DOM events: deck's own tap recogniser drops clicks
// when frames are slow, and its picking costs a render.

const DRAG_PX = { mouse: 5, pen: 8, touch: 12 };
const HOVER_EVERY_MS = 60;

/** Calls onClick(x, y), onHover(x, y) at most every 60 ms, and onLeave() in element pixels. */
export class Pointer {
  #pressed = null;
  #timer = null;
  #waiting = null;

  constructor(element, { onClick, onHover, onLeave }) {
    this.element = element;
    this.handlers = {
      pointerdown: (event) => {
        this.#pressed = { x: event.clientX, y: event.clientY, kind: event.pointerType };
        this.#dropHover();
      },
      click: (event) => {
        if (this.#wasDragged(event)) return;
        onClick(...this.#at(event));
      },
      pointermove: (event) => {
        if (event.buttons || event.pointerType === 'touch') return;
        this.#waiting = this.#at(event);
        if (this.#timer) return;
        this.#flush(onHover);
      },
      pointerleave: () => {
        this.#dropHover();
        onLeave();
      },
    };
    for (const [name, handler] of Object.entries(this.handlers)) element.addEventListener(name, handler);
  }

  remove() {
    this.#dropHover();
    for (const [name, handler] of Object.entries(this.handlers)) {
      this.element.removeEventListener(name, handler);
    }
  }

  #flush(onHover) {
    const at = this.#waiting;
    this.#waiting = null;
    this.#timer = null;
    if (!at) return;
    onHover(...at);
    this.#timer = setTimeout(() => this.#flush(onHover), HOVER_EVERY_MS);
  }

  #dropHover() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#waiting = null;
  }

  #wasDragged(event) {
    const down = this.#pressed;
    this.#pressed = null;
    if (!down) return false;
    const limit = DRAG_PX[down.kind] ?? DRAG_PX.mouse;
    return Math.hypot(event.clientX - down.x, event.clientY - down.y) > limit;
  }

  #at(event) {
    const box = this.element.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }
}
