import { describe, expect, test } from 'vitest';
import { background, memberLabel, type RunFrame, shadesOf } from './frame.ts';

const window = (id: string, kind: string, from: number, until: number) => ({ id, kind, from, until });

describe('shades behind charts', () => {
  test('faults of one kind that overlap are one shade, others stand apart', () => {
    const shades = shadesOf(
      [
        window('loss-2', 'loss', 4, 9),
        window('loss-1', 'loss', 1, 5),
        window('delay-1', 'delay', 2, 6),
        window('loss-3', 'loss', 12, 13),
      ],
      20,
    );
    expect(shades).toEqual([
      { kind: 'loss', from: 1, until: 9, ids: ['loss-1', 'loss-2'] },
      { kind: 'delay', from: 2, until: 6, ids: ['delay-1'] },
      { kind: 'loss', from: 12, until: 13, ids: ['loss-3'] },
    ]);
  });

  test('liars who lie to the end cast none: ten of them would paint the chart over; those who stop before do', () => {
    const lasting = [window('byzantine-1', 'byzantine', 0, 90), window('byzantine-2', 'byzantine', 0, 90)];
    expect(shadesOf(lasting, 80)).toEqual([]);
    expect(shadesOf(lasting, undefined)).toEqual([]);
    expect(shadesOf([...lasting, window('byzantine-3', 'byzantine', 5, 7)], 80)).toEqual([
      { kind: 'byzantine', from: 5, until: 7, ids: ['byzantine-3'] },
    ]);
  });

  test('a window that never ended reaches the end of the chart', () => {
    const faults = [window('loss-1', 'loss', 1e9, Number.POSITIVE_INFINITY)];
    const frame: RunFrame = { endS: 30, healS: undefined, faults, colours: new Map(), liars: new Set(['n6']) };
    expect(background(frame)[0]).toMatchObject({ data: { values: [{ t: 1, u: 30 }] } });
    expect(memberLabel(frame, 'n6')).toBe('n6 (lies)');
    expect(memberLabel(frame, 'n5')).toBe('n5');
    expect(memberLabel({ ...frame, liars: new Set(['a-very-long-name']) }, 'a-very-long-name')).toHaveLength(14);
  });
});
