// A late answer of an earlier step must never overwrite a later one.

/** Hands out turns; only the turn taken last may act, and taking a turn aborts the one before. */
export class Latest {
  #turn = 0;
  #abort = null;

  take() {
    this.#abort?.abort();
    this.#abort = new AbortController();
    this.#turn += 1;
    const mine = this.#turn;
    return { signal: this.#abort.signal, isCurrent: () => mine === this.#turn };
  }

  /** Nobody's turn: whatever is still on its way will be dropped. */
  close() {
    this.#abort?.abort();
    this.#turn += 1;
  }
}
