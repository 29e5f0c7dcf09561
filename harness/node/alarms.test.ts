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
});
