import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VERTICES, buildMesh, spreadColours } from '../src/mesh.js';

const HEXAGON = [0, 1, 2, 3, 4, 5].flatMap((k) => [2 * Math.cos((k * Math.PI) / 3), 2 * Math.sin((k * Math.PI) / 3)]);
const TWO = Float32Array.from([...HEXAGON, ...HEXAGON.map((value, i) => (i % 2 ? value : value + 10))]);

function area(positions, [a, b, c]) {
  const at = (i) => [positions[2 * i], positions[2 * i + 1]];
  const [[ax, ay], [bx, by], [cx, cy]] = [at(a), at(b), at(c)];
  return ((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) / 2;
}

test('the triangles of a cell fill its hexagon, all turned the same way, around its middle', () => {
  const { positions, indices, apothem } = buildMesh(TWO);
  assert.equal(positions.length, 2 * 2 * VERTICES);
  assert.ok(Math.abs(apothem - Math.sqrt(3)) < 1e-6);
  for (const cell of [0, 1]) {
    const triangles = Array.from({ length: 6 }, (_, k) => [...indices.slice(18 * cell + 3 * k, 18 * cell + 3 * k + 3)]);
    const areas = triangles.map((triangle) => area(positions, triangle));
    assert.ok(areas.every((part) => part > 0));
    assert.ok(Math.abs(areas.reduce((sum, part) => sum + part) - 6 * Math.sqrt(3)) < 1e-5);
    assert.ok(triangles.flat().every((i) => Math.floor(i / VERTICES) === cell));
    const middle = positions.slice(2 * (VERTICES * cell + 6), 2 * (VERTICES * cell + 7));
    assert.ok(Math.hypot(middle[0] - 10 * cell, middle[1]) < 1e-6);
  }
});

test('every vertex of a cell carries its colour', () => {
  const bytes = spreadColours(Uint32Array.from([0x04030201, 0x08070605]));
  assert.equal(bytes.length, 2 * VERTICES * 4);
  assert.deepEqual([...bytes.slice(0, 8)], [1, 2, 3, 4, 1, 2, 3, 4]);
  assert.deepEqual([...bytes.slice(-4)], [5, 6, 7, 8]);
});

test('no cells are an empty mesh', () => {
  assert.deepEqual({ ...buildMesh(new Float32Array(0)), positions: 0, indices: 0 }, { positions: 0, indices: 0, apothem: 0 });
});
