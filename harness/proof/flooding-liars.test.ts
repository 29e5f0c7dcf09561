/**
 * Liars that flood, in whole runs: how much they send, and what the limit per peer does about it. With the limit on,
 * correct members drop what comes above it, of the flooder and of nobody else; what is claimed holds with it and without.
 */
import { describe, expect, it } from 'vitest';
import { FLOOD_PER_SECOND } from '../../impl/primitives/lying.ts';
import type { AnyProtocol, LieContext, ProtocolEvent } from '../../impl/protocol.ts';
import { createRumor, rumor } from '../../impl/rumor/rumor.ts';
import { createSwim, swim } from '../../impl/swim/swim.ts';
import type { HistoryLine } from '../model/history.ts';
import type { Plan } from '../model/plan.ts';
import { planOf, propertyOf, runOnSim } from './test-scenario.ts';

/** Messages a second: far above what an honest peer sends here, and well below a flood. */
const LIMIT = 60;
const LOAD_MS = 15_000;
const KILLED = 'n2';

function planWith(name: string, limit: number, seed = 'flood'): Plan {
  const overrides = [{ protocol: name, key: 'peerMessagesPerSecond', text: String(limit) }];
  // One that crashes and comes back: there is something to detect.
  const faults = { byzantine: 'n1:flood', kill: KILLED };
  return planOf(seed, faults, { protocols: [name], nodes: 5, timeMs: LOAD_MS, overrides });
}

function flooderOf(plan: Plan): string {
  const [liar] = plan.faults.flatMap((fault) => (fault.type === 'byzantine' ? fault.targets : []));
  if (liar === undefined) throw new Error('nobody lies in this plan');
  return liar;
}

/** Messages by receiver and sender: all that came, and those that the receiver's limit dropped. */
class Meter {
  readonly came = new Map<string, number>();
  readonly dropped = new Map<string, number>();

  /** The same protocol, each message of which is counted at its receiver. */
  watch(protocol: AnyProtocol): AnyProtocol {
    return {
      ...protocol,
      handle: (state, event: ProtocolEvent<unknown>, ctx) => {
        if (event.type !== 'message') {
          protocol.handle(state, event, ctx);
          return;
        }
        const link = `${event.from}>${ctx.self}`;
        add(this.came, link);
        const reach = (condition: string): void => {
          if (condition === 'limited') add(this.dropped, link);
          ctx.reach(condition);
        };
        protocol.handle(state, event, { ...ctx, reach });
      },
    };
  }
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

describe.each([
  {
    name: swim.name,
    protocol: swim as AnyProtocol,
    withoutLimit: createSwim({ ignoresLimit: true }) as AnyProtocol,
    holds: ['detection', 'refutation'],
  },
  {
    name: rumor.name,
    protocol: rumor as AnyProtocol,
    withoutLimit: createRumor('rumor', 'planted bug: no limit', { ignoresLimit: true }) as AnyProtocol,
    holds: ['delivery'],
  },
])('$name under a liar that floods', ({ name, protocol, withoutLimit, holds }) => {
  function run(running: AnyProtocol, limit: number) {
    const plan = planWith(name, limit);
    const meter = new Meter();
    const times: number[] = [];
    const record = (line: HistoryLine): void => {
      if ('time' in line) times.push(line.time);
    };
    const { properties, hash } = runOnSim(plan, { swap: { [name]: meter.watch(running) }, record });
    for (const property of holds) {
      const { verdict, beyondClaims, reason } = propertyOf(properties, property);
      expect([verdict, beyondClaims], `${property}: ${reason}`).toEqual(['valid', undefined]);
    }
    // The watch alone must change nothing.
    expect(hash).toBe(runOnSim(plan, { swap: { [name]: running } }).hash);
    const flooder = flooderOf(plan);
    const correct = plan.members.map((member) => member.name).filter((member) => member !== flooder);
    const seconds = (times.at(-1) ?? 0) / 1e9;
    return { ...meter, flooder, correct, seconds };
  }

  it('with the limit each correct member drops what comes above it, of the flooder alone, and all claims hold', () => {
    const { came, dropped, flooder, correct, seconds } = run(protocol, LIMIT);
    for (const member of correct) {
      const link = `${flooder}>${member}`;
      expect(dropped.get(link) ?? 0).toBeGreaterThan(100);
      // A burst of a second's worth, anew in each boot, and what each second brings.
      const boots = 3;
      expect((came.get(link) ?? 0) - (dropped.get(link) ?? 0)).toBeLessThanOrEqual(LIMIT * (seconds + boots));
    }
    // The flooder itself may drop answers to its flood.
    const atCorrect = [...dropped.keys()].filter((link) => !link.endsWith(`>${flooder}`));
    expect(atCorrect.sort()).toEqual(correct.map((member) => `${flooder}>${member}`));
  });

  it.each([
    { what: 'without the limit', running: protocol, limit: 0 },
    { what: 'where a bug leaves it out', running: withoutLimit, limit: LIMIT },
  ])('$what nothing is dropped, all of the flood is taken, and all claims hold', ({ running, limit }) => {
    const { came, dropped, flooder, correct } = run(running, limit);
    expect([...dropped]).toEqual([]);
    for (const member of correct.filter((name) => name !== KILLED)) {
      // Who is up all the time gets all of it, and with that more than the limit would let in.
      expect(came.get(`${flooder}>${member}`) ?? 0).toBeGreaterThan((0.9 * FLOOD_PER_SECOND * LOAD_MS) / 1000);
    }
  });

  it(`a flooder says what it does not mean ${FLOOD_PER_SECOND} times a second to each peer, and no more often`, () => {
    const plan = planWith(name, 0);
    /** When the liar spoke on its own, ms, by whom it spoke to. */
    const spoken = new Map<string, number[]>();
    const lie = protocol.lies?.flood;
    if (lie === undefined) throw new Error(`${name} knows no flood`);
    const flood = (context: LieContext) => {
      const liar = lie(context);
      const act = () => {
        const told = liar.act?.() ?? [];
        for (const { to } of told) {
          const times = spoken.get(to) ?? [];
          times.push(context.monotonic());
          spoken.set(to, times);
        }
        return told;
      };
      return { ...liar, act };
    };
    const swap = { [name]: { ...protocol, lies: { ...protocol.lies, flood } } };
    expect(runOnSim(plan, { swap }).hash).toBe(runOnSim(plan).hash);
    expect(spoken.size).toBe(plan.members.length - 1);
    for (const times of spoken.values()) {
      const first = times[0] ?? 0;
      const last = times.at(-1) ?? 0;
      const most = Math.max(
        ...times.map((start, at) => times.findIndex((time, i) => i >= at && time >= start + 1000) - at),
      );
      expect(most).toBeLessThanOrEqual(FLOOD_PER_SECOND);
      expect(times.length).toBeGreaterThan((0.9 * FLOOD_PER_SECOND * (last - first)) / 1000);
      expect(last - first).toBeGreaterThan(LOAD_MS / 2);
    }
  });
});
