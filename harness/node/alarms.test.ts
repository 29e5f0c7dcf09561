import { describe, expect, it } from 'vitest';
import { split } from '../model/rng.ts';
import { Alarms } from './alarms.ts';

const origin = process.hrtime.bigint();
const now = (): number => Number(process.hrtime.bigint() - origin);

describe('Alarms', () => {
  it('calls in order of time, equal times in the order of the calls, and never early', async () => {
    const alarms = new Alarms(now);
    const random = split('alarms', 'times');
    const start = now();
    const due: { time: number; order: number }[] = [];
    const calls: { time: number; order: number; called: number }[] = [];
    await new Promise<void>((resolve) => {
      for (let order = 0; order < 2000; order++) {
        const time = start + random.int(40) * 1e6;
        due.push({ time, order });
        alarms.at(time, () => {
          calls.push({ time, order, called: now() });
          if (calls.length === 2000) resolve();
        });
      }
    });
    due.sort((a, b) => a.time - b.time || a.order - b.order);
    expect(calls.map(({ order }) => order)).toEqual(due.map(({ order }) => order));
    expect(calls.filter(({ time, called }) => called < time)).toEqual([]);
    alarms.close();
  });

  it('takes what is added while it calls, goes on after one that throws, and forgets all when closed', async () => {
    const alarms = new Alarms(now);
    const calls: string[] = [];
    const thrown: unknown[] = [];
    const caught = (error: unknown): void => {
      thrown.push(error);
    };
    process.prependOnceListener('uncaughtException', caught);
    const others = process.listeners('uncaughtException').filter((listener) => listener !== caught);
    for (const listener of others) process.off('uncaughtException', listener);
    await new Promise<void>((resolve) => {
      alarms.at(0, () => {
        calls.push('first');
        alarms.at(0, () => calls.push('added'));
        throw new Error('on purpose');
      });
      alarms.at(now() + 5e6, resolve);
    });
    for (const listener of others) process.on('uncaughtException', listener);
    expect(calls).toEqual(['first', 'added']);
    expect(thrown).toHaveLength(1);
    alarms.at(0, () => calls.push('late'));
    alarms.close();
    alarms.at(0, () => calls.push('after'));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(calls).toEqual(['first', 'added']);
  });

  it('catches up with a chain that is overdue in one round', async () => {
    const alarms = new Alarms(() => 1e9);
    let called = 0;
    const add = (): void => alarms.at(called * 1e6, () => ++called < 200 && add());
    const behind: number[] = [];
    await new Promise<void>((resolve) => {
      alarms.at(0, () => setImmediate(resolve));
      // What is due later than the chain waits for all of it, and for no more.
      alarms.at(500e6, () => behind.push(called));
      add();
    });
    alarms.close();
    expect(behind).toEqual([200]);
  });

  it('gives others their turn where what is overdue never ends', async () => {
    let nowNs = 1e9;
    const alarms = new Alarms(() => nowNs);
    let called = 0;
    const again = (): void => {
      called++;
      nowNs += 1e6;
      if (called < 10_000) alarms.at(0, again);
    };
    await new Promise<void>((resolve) => {
      alarms.at(0, () => setImmediate(resolve));
      alarms.at(0, again);
    });
    alarms.close();
    expect(called).toBeGreaterThan(1);
    expect(called).toBeLessThan(100);
  });
});
