import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeVersion, HybridClock, isVersion, parseVersion, WALL_LIMIT_MS } from './hybrid-clock.ts';

const wall = fc.integer({ min: 0, max: WALL_LIMIT_MS - 1000 });
const counter = fc.integer({ min: 0, max: 65_535 });
const writer = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);
const life = fc.integer({ min: 1, max: 1000 });

describe('the hybrid clock', () => {
  it('goes forward under any wall clock and any remote time', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('tick' as const), at: fc.oneof(wall, fc.double()) }),
      fc.record({ kind: fc.constant('observe' as const), wallMs: wall, counter }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
        const clock = new HybridClock();
        let latest = '';
        for (const each of steps) {
          if (each.kind === 'observe') {
            clock.observe(each);
            const observed = encodeVersion(each, 'a', 1);
            if (observed > latest) latest = observed;
          } else {
            const time = clock.tick(each.at);
            if (time === undefined) continue;
            const issued = encodeVersion(time, 'a', 1);
            expect(issued > latest).toBe(true);
            latest = issued;
          }
        }
      }),
    );
  });

  it('carries a full counter into the wall time', () => {
    const clock = new HybridClock();
    clock.observe({ wallMs: 5000, counter: 65_535 });
    expect(clock.tick(0)).toEqual({ wallMs: 5001, counter: 0 });
    expect(clock.tick(0)).toEqual({ wallMs: 5001, counter: 1 });
  });

  it('issues nothing beyond its limit, and follows the wall clock below it', () => {
    const clock = new HybridClock();
    expect(clock.tick(WALL_LIMIT_MS)).toBeUndefined();
    expect(clock.tick(7)).toEqual({ wallMs: 7, counter: 0 });
    clock.observe({ wallMs: WALL_LIMIT_MS - 1, counter: 65_535 });
    expect(clock.tick(0)).toBeUndefined();
  });
});

describe('versions', () => {
  it('order as texts as their times do, and parse back', () => {
    const parts = fc.record({ wallMs: wall, counter, writer, life });
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const first = encodeVersion(a, a.writer, a.life);
        const second = encodeVersion(b, b.writer, b.life);
        expect(parseVersion(first)).toEqual(a);
        const byTime = a.wallMs - b.wallMs || a.counter - b.counter;
        if (byTime !== 0) expect(first < second).toBe(byTime < 0);
        else if (a.writer !== b.writer) expect(first < second).toBe(a.writer < b.writer);
        else expect(first < second).toBe(a.life < b.life);
      }),
    );
  });

  it('keep a writer in front of a longer one that starts like it', () => {
    const time = { wallMs: 1, counter: 0 };
    expect(encodeVersion(time, 'n1', 900) < encodeVersion(time, 'n10', 1)).toBe(true);
    expect(encodeVersion(time, 'n1', 900) < encodeVersion(time, 'n1-x', 1)).toBe(true);
  });

  it('are told from other texts', () => {
    const good = encodeVersion({ wallMs: 1_700_000_000_000, counter: 3 }, 'n1', 1);
    expect(isVersion(good)).toBe(true);
    expect(isVersion(`f${good.slice(1)}`)).toBe(false);
    for (const bad of ['', good.slice(1), `${good}0`, good.toUpperCase().replace('N', 'n'), good.replace('n1', '')]) {
      expect(isVersion(bad), bad).toBe(false);
    }
  });
});
