import { expect, test } from 'vitest';
import type { CliIo } from './io.ts';
import { createProgressLine, describeProgress, type ProgressReport } from './progress.ts';

const PLAN = { healAtMs: 30_000, deadlineMs: 20_000 };
const report = (over: Partial<ProgressReport> = {}): ProgressReport => ({
  phase: 'load',
  timeNs: 18e9,
  operationsDone: 340,
  operationsPlanned: 600,
  faultsOn: [{ id: 'partition-1' }, { id: 'loss-1' }],
  agree: 4,
  up: 7,
  ...over,
});

function watch(isTTY: boolean, environment: CliIo['environment'] = {}) {
  let text = '';
  let now = 0;
  const stream = { isTTY, columns: 60, write: (more: string) => (text += more) };
  const io: CliIo = { stdout: stream, stderr: stream, environment };
  const line = createProgressLine(io, PLAN, () => now);
  return {
    line,
    read: () => text,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

test('says phase, time left, operations, faults and agreement', () => {
  expect(describeProgress(report(), PLAN)).toBe(
    'load  12.0 s left  340/600 operations  faults: partition-1, loss-1  4 of 7 agree',
  );
  const ids = ['byzantine-1', 'byzantine-2', 'byzantine-3', 'loss-1'];
  expect(describeProgress(report({ faultsOn: ids.map((id) => ({ id })) }), PLAN)).toContain(
    'faults: 3 × byzantine, loss-1  4 of 7',
  );
  expect(describeProgress(report({ phase: 'heal', timeNs: 31e9, faultsOn: [] }), PLAN)).toBe(
    'healed, waiting for agreement  at most 19.0 s left  340/600 operations  faults: none  4 of 7 agree',
  );
});

test('says nothing of agreement while everybody is down', () => {
  const down = report({ phase: 'final', agree: 1, up: 0, faultsOn: [] });
  expect(describeProgress(down, PLAN)).toBe('final reads  340/600 operations  faults: none');
});

test('elsewhere than on a terminal: a plain line each five seconds and at each new phase, no escape codes', () => {
  const { line, read, pass } = watch(false);
  for (let ms = 0; ms < 12_000; ms += 100) {
    line.update(report());
    pass(100);
  }
  line.update(report({ phase: 'heal' }));
  line.clear();
  expect(read().split('\n').filter(Boolean)).toHaveLength(4);
  expect(read()).not.toContain('\u001b');
  expect(read()).not.toContain('\r');
});

test('on a terminal: one line, rewritten, never wider than the terminal, and gone at the end', () => {
  const { line, read } = watch(true, { NO_COLOR: '1' });
  line.update(report());
  line.clear();
  const shown = read().split('\r\u001b[2K');
  expect(shown).toHaveLength(3);
  expect(shown[1]?.length).toBeLessThan(60);
  expect(read()).not.toContain('\n');
});

test('NO_COLOR takes the colours away, and only them', () => {
  const coloured = watch(true);
  coloured.line.update(report());
  expect(coloured.read()).toContain('\u001b[1m');
  const plain = watch(true, { NO_COLOR: '1' });
  plain.line.update(report());
  expect(plain.read()).not.toContain('\u001b[1m');
});
