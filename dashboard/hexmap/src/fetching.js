// Getting binary columns, with patience: a wall must outlive a server restart.

const RETRY_DELAYS_MS = [1_000, 2_000, 5_000, 10_000, 30_000];

/** An answer that is not what was asked for; `status` is the server's, null where there was none. */
export class AnswerError extends Error {
  constructor(message, status = null) {
    super(message);
    this.status = status;
  }
}

/** One that will not get better by asking again. */
export class RefusedError extends AnswerError {}

/** Fetch one binary body; refuses 4xx, throws on everything else that is not a body. */
export async function fetchBuffer(url, signal) {
  const response = await fetch(url, { signal, credentials: 'same-origin' });
  if (response.status >= 400 && response.status < 500) {
    throw new RefusedError(`HTTP ${response.status}`, response.status);
  }
  if (!response.ok) throw new AnswerError(`HTTP ${response.status}`, response.status);
  return response.arrayBuffer();
}

function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new DOMException('superseded', 'AbortError'));
    });
  });
}

/**
 * Run `task` until it succeeds, is refused or its turn is over. `onFailure(error)` hears of each
 * failed attempt. Resolves to undefined when the turn is over or the answer is refused.
 */
export async function persist(task, turn, onFailure, delays = RETRY_DELAYS_MS) {
  for (let attempt = 0; turn.isCurrent(); attempt += 1) {
    try {
      const result = await task(turn.signal);
      return turn.isCurrent() ? result : undefined;
    } catch (error) {
      if (!turn.isCurrent()) return undefined;
      onFailure(error);
      if (error instanceof RefusedError) return undefined;
      try {
        await pause(delays[Math.min(attempt, delays.length - 1)], turn.signal);
      } catch {
        return undefined;
      }
    }
  }
  return undefined;
}
