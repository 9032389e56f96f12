// Run by tests/ui/test_components.py with node's own test runner.
import assert from 'node:assert/strict';
import test from 'node:test';
import { drawn, grid, layout, search, segments, step, unacknowledged } from '../../../review/ui/components/assets/pure.js';

test('segments cover the text once, overlapping findings share a piece', () => {
  assert.deepEqual(segments(10, [[2, 6, 0], [4, 8, 1]]), [[0, 2, []], [2, 4, [0]], [4, 6, [0, 1]], [6, 8, [1]], [8, 10, []]]);
  assert.deepEqual(segments(3, undefined), [[0, 3, []]]);
  assert.deepEqual(segments(0, []), []);
});

test('a mark that reaches beyond the block is cut to it', () => {
  assert.deepEqual(segments(4, [[2, 9, 7]]), [[0, 2, []], [2, 4, [7]]]);
});

test('step stays inside the list and finds its way from outside', () => {
  assert.equal(step([3, 5, 9], 5, 1, () => false), 2);
  assert.equal(step([3, 5, 9], 9, 1, () => false), 2);
  assert.equal(step([3, 5, 9], 3, -1, () => false), 0);
  assert.equal(step([3, 5, 9], 4, 1, i => i > 4), 1);
  assert.equal(step([3, 5, 9], 4, -1, i => i > 4), 0);
  assert.equal(step([], 4, 1, () => true), -1);
});

test('an acknowledgement of another run of the page removes nothing', () => {
  const events = [{ n: 1 }, { n: 2 }];
  assert.deepEqual(unacknowledged(events, 'a', { run: 'b', n: 2 }), events);
  assert.deepEqual(unacknowledged(events, 'a', { run: 'a', n: 1 }), [{ n: 2 }]);
});

test('a number broken by a line end is found and drawn in one piece, offsets kept', () => {
  const text = '电话139000\n01553，abc\ndef';
  assert.equal(drawn(text, true).length, text.length);
  assert.ok(!drawn(text, true).includes('\n'));
  assert.ok(drawn(text, true).includes('abc def'));
  assert.deepEqual(search([{ blocks: [{ t: text }] }], '13900001553', true), [[0, 0, 2, 12]]);
  assert.deepEqual(search([{ blocks: [{ t: text }] }], '13900001553', false), []);
});

test('missing and merged cells keep their columns', () => {
  const cell = (row, column, rows = 1, columns = 1) => ({ t: 'x', cell: [0, row, column, rows, columns] });
  const blocks = [cell(0, 0), cell(1, 0, 2), cell(1, 2), cell(2, 1), cell(2, 2)];
  const [part] = layout(blocks);
  assert.deepEqual(grid(part, blocks).rows, [
    [{ at: 0, span: 3, rows: 1 }],
    [{ at: 1, span: 1, rows: 2 }, { gap: 1 }, { at: 2, span: 1, rows: 1 }],
    [{ at: 3, span: 1, rows: 1 }, { at: 4, span: 1, rows: 1 }],
  ]);
});
