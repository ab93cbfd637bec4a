import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CellStore } from '../src/cell_store.js';
import { RefusedError, fetchBuffer, persist } from '../src/fetching.js';
import { Latest } from '../src/latest.js';
import { PointLoader } from '../src/loading.js';
import { cellsInBox, encodeCells } from './sample.js';

function deferred() {
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
}

const silent = () => {};

test('a late answer of an earlier step is dropped', async () => {
  const steps = new Latest();
  const shown = [];
  const show = async (answer) => {
    const result = await persist(() => answer, steps.take(), silent);
    if (result) shown.push(result);
  };
  const [first, second] = [deferred(), deferred()];
  const running = [show(first.promise), show(second.promise)];
  second.resolve('second');
  first.resolve('first');
  await Promise.all(running);
  assert.deepEqual(shown, ['second']);
});

test('taking a turn aborts the one before, closing aborts the last', () => {
  const steps = new Latest();
  const first = steps.take();
  const second = steps.take();
  assert.equal(first.signal.aborted, true);
  assert.equal(first.isCurrent(), false);
  assert.equal(second.isCurrent(), true);
  steps.close();
  assert.equal(second.signal.aborted, true);
  assert.equal(second.isCurrent(), false);
});

test('a failure is told and tried again until it succeeds', async () => {
  const told = [];
  let calls = 0;
  const task = async () => {
    calls += 1;
    if (calls < 3) throw new Error(`HTTP 50${calls}`);
    return 'body';
  };
  const result = await persist(task, new Latest().take(), (error) => told.push(error.message), [1]);
  assert.equal(result, 'body');
  assert.deepEqual(told, ['HTTP 501', 'HTTP 502']);
});

test('a refusal is told once and not tried again', async () => {
  let calls = 0;
  const task = async () => {
    calls += 1;
    throw new RefusedError('HTTP 404');
  };
  assert.equal(await persist(task, new Latest().take(), silent, [1]), undefined);
  assert.equal(calls, 1);
});

test('waiting for another try ends when a later step begins', async () => {
  const steps = new Latest();
  const failed = deferred();
  const waiting = persist(() => Promise.reject(new Error('down')), steps.take(), failed.resolve, [60_000]);
  await failed.promise;
  steps.take();
  assert.equal(await waiting, undefined);
});

test('a cell list is fetched once, a failed one again, and few are kept', async () => {
  const body = encodeCells(cellsInBox([125.3, 43.85, 125.33, 43.87], 8));
  const asked = [];
  let broken = true;
  const store = new CellStore(async (url) => {
    asked.push(url);
    if (url === 'c' && broken) throw new Error('down');
    return body.slice(0);
  }, 2);
  const [one, same] = await Promise.all([store.get('a'), store.get('a')]);
  assert.equal(one, same);
  await assert.rejects(store.get('c'), /down/);
  broken = false;
  await store.get('c');
  await store.get('b');
  await store.get('b');
  await store.get('a');
  assert.deepEqual(asked, ['a', 'c', 'c', 'b', 'a']);
});

test('a failure is told by name: which part, which status, what to read', async (t) => {
  t.mock.method(globalThis, 'fetch', async () => new Response('', { status: 404 }));
  const told = [];
  await new PointLoader((problem) => told.push(problem)).load({ url: '/p' }, () => '');
  assert.deepEqual(told, [{ part: 'points', status: 404, message: 'HTTP 404' }]);
  t.mock.method(globalThis, 'fetch', async () => new Response('', { status: 503 }));
  await assert.rejects(fetchBuffer('/p'), { status: 503 });
});
