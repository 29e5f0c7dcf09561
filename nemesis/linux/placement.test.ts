import { describe, expect, it } from 'vitest';
import type { KernelCapabilities, KernelPart } from './capabilities.ts';
import { place } from './placement.ts';

const kernel = (...parts: KernelPart[]): KernelCapabilities => ({ parts: new Set(parts), reasons: new Map() });
const WITH = kernel('netem', 'htb', 'u32', 'nft', 'numgen', 'dup', 'rewrite');
const WITHOUT = kernel('htb', 'u32', 'nft', 'numgen', 'dup', 'rewrite');
const NONE = { cut: false, losses: [], bursts: [], delays: [], reorders: [], duplicates: [], corrupts: [], rates: [] };
const loss = { id: 'l', probability: 0.1 };
const burst = { id: 'b', probability: 0.2, burst: 5 };
const delay = { id: 'd', delayMs: 20, jitterMs: 5 };
const reorder = { id: 'r', probability: 0.25, holdMs: 30 };
const copy = { id: 'c', probability: 0.05 };
const rate = { id: 'w', bitsPerSecond: 1e6, queueMs: 100 };

describe('who makes what', () => {
  it('leaves losses, delays, bursts and reordering to netem where there is one, stage after stage', () => {
    const more = { id: 'e', delayMs: 1, jitterMs: 0 };
    const placement = place(
      { ...NONE, losses: [loss, loss], bursts: [burst], delays: [delay, more], reorders: [reorder] },
      WITH,
    );
    expect(placement).toEqual({
      cut: false,
      tc: { rate: undefined, stages: [{ delay, loss: 1 - 0.9 * 0.9 }, { burst }, { delay: more }, { reorder }] },
      nft: { loss: 0, duplicates: [] },
      relay: undefined,
    });
  });

  it('leaves them to nft and the relay where there is none', () => {
    const placement = place(
      { ...NONE, losses: [loss], bursts: [burst], delays: [delay], reorders: [reorder] },
      WITHOUT,
    );
    expect(placement.tc).toBeUndefined();
    expect(placement.nft.loss).toBeCloseTo(0.1, 12);
    expect(placement.relay).toEqual({
      losses: [],
      bursts: [burst],
      delays: [delay],
      reorders: [reorder],
      duplicates: [],
      corrupts: [],
    });
  });

  it('takes the relay for single losses only where nft cannot draw', () => {
    const placement = place({ ...NONE, losses: [loss] }, kernel('nft', 'rewrite'));
    expect(placement.nft.loss).toBe(0);
    expect(placement.relay?.losses).toEqual([loss]);
    expect(place({ ...NONE, losses: [loss] }, WITHOUT).relay).toBeUndefined();
  });

  it('has copies made where the datagram is delayed, so that they share its fate', () => {
    expect(place({ ...NONE, duplicates: [copy] }, WITHOUT)).toMatchObject({
      nft: { duplicates: [0.05] },
      relay: undefined,
    });
    expect(place({ ...NONE, duplicates: [copy], delays: [delay] }, WITHOUT)).toMatchObject({
      nft: { duplicates: [] },
      relay: { duplicates: [copy] },
    });
    // netem delays at the sender; its copies are made at the receiver, after all.
    expect(place({ ...NONE, duplicates: [copy], delays: [delay] }, WITH)).toMatchObject({
      nft: { duplicates: [0.05] },
      relay: undefined,
    });
  });

  it('damages by the relay, so that members see it, and by netem when that is asked for', () => {
    expect(place({ ...NONE, corrupts: [loss] }, WITH)).toMatchObject({ tc: undefined, relay: { corrupts: [loss] } });
    const asked = place({ ...NONE, corrupts: [loss] }, WITH, { corruptBy: 'netem' });
    expect(asked.relay).toBeUndefined();
    expect(asked.tc?.stages[0]?.corrupt).toBeCloseTo(0.1, 12);
    expect(place({ ...NONE, corrupts: [loss] }, WITHOUT, { corruptBy: 'netem' }).relay?.corrupts).toEqual([loss]);
  });

  it('cuts by netem where nft cannot, and there alone', () => {
    const cut = { ...NONE, cut: true, losses: [loss] };
    expect(place(cut, kernel('netem', 'htb', 'u32'))).toEqual({
      cut: false,
      tc: { rate: undefined, stages: [{ loss: 1 }], all: true },
      nft: { loss: 0, duplicates: [] },
      relay: undefined,
    });
    expect(place(cut, WITH)).toMatchObject({ cut: true, tc: { stages: [{}] } });
  });

  it('feels the slowest of several rates', () => {
    const slower = { id: 'v', bitsPerSecond: 1e5, queueMs: 10 };
    expect(place({ ...NONE, rates: [rate, slower] }, WITHOUT).tc).toEqual({ rate: slower, stages: [] });
  });
});
