import { describe, expect, it } from 'vitest';
import { linksOf, type PlannedFault, touches } from '../../harness/model/fault.ts';
import { MOST_FAULTS, sampleFaults } from './calibration-sample.ts';

const window = { atMs: 0, untilMs: 1 };
const NAMES = Array.from({ length: 7 }, (_, i) => `n${i + 1}`);
const loss = (id: string, probability: number): PlannedFault => ({
  type: 'loss',
  id,
  links: 'all',
  probability,
  ...window,
});

describe('the sample of a calibration', () => {
  it('has links that a fault touches and, where there are any, links close to them that it does not', () => {
    const oneWay: PlannedFault = {
      type: 'partition',
      id: 'p',
      shape: 'one-way',
      cuts: [{ from: ['n1', 'n2', 'n3'], to: ['n4', 'n5', 'n6', 'n7'] }],
      ...window,
    };
    const { samples } = sampleFaults([oneWay], NAMES);
    const [sample] = samples;
    if (sample === undefined) throw new Error('no sample');
    expect(sample.touched).toHaveLength(4);
    expect(sample.untouched).toHaveLength(4);
    for (const { from, to } of sample.touched) expect(touches(linksOf(sample.fault), from, to)).toBe(true);
    for (const { from, to } of sample.untouched) {
      expect(from).not.toBe(to);
      expect(touches(linksOf(sample.fault), from, to)).toBe(false);
    }
    const back = sample.touched.map(({ from, to }) => `${to} ${from}`);
    expect(sample.untouched.filter(({ from, to }) => back.includes(`${from} ${to}`))).toHaveLength(2);
    expect(sampleFaults([loss('l', 0.1)], NAMES).samples[0]?.untouched).toEqual([]);
  });

  it('takes faults that differ in their time alone as one, and no more than so many kinds', () => {
    const alike = [loss('a', 0.1), { ...loss('b', 0.1), atMs: 5, untilMs: 9 }, loss('c', 0.2)];
    expect(sampleFaults(alike, NAMES).samples.map(({ ids }) => ids)).toEqual([['a', 'b'], ['c']]);
    const many = Array.from({ length: MOST_FAULTS + 2 }, (_, i) => loss(`f${i}`, (i + 1) / 100));
    const { samples, beyond } = sampleFaults(many, NAMES);
    expect(samples).toHaveLength(MOST_FAULTS);
    expect(beyond.map(({ ids }) => ids)).toEqual([['f8'], ['f9']]);
  });

  it('keeps to few members however many there are, and to link faults', () => {
    const names = Array.from({ length: 200 }, (_, i) => `n${i + 1}`);
    const faults: PlannedFault[] = [
      loss('a', 0.1),
      { type: 'delay', id: 'd', links: 'all', delayMs: 5, jitterMs: 1, ...window },
      { type: 'bandwidth', id: 'b', links: 'all', bitsPerSecond: 1e6, queueMs: 100, ...window },
      { type: 'pause', id: 'p', targets: ['n1'], ...window },
    ];
    const { samples, ends } = sampleFaults(faults, names);
    expect(samples.map(({ fault }) => fault.type)).toEqual(['loss', 'delay', 'bandwidth']);
    expect(ends.length).toBeLessThanOrEqual(8);
    expect(sampleFaults([{ type: 'pause', id: 'p', targets: ['n1'], ...window }], names).samples).toEqual([]);
  });
});
