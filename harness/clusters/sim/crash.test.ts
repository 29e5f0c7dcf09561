/** A protocol that throws ends its member's process and nothing else; what is wrong with the harness ends the run. */
import { describe, expect, it } from 'vitest';
import type { AnyProtocol } from '../../../impl/protocol.ts';
import { settingsOf } from '../../../impl/protocol.ts';
import { rumor } from '../../../impl/rumor/rumor.ts';
import type { ClusterEvents } from '../../model/cluster.ts';
import { InvariantError } from '../../model/errors.ts';
import type { Plan } from '../../model/plan.ts';
import { createOpenSim } from './sim.ts';

const MS = 1e6;
const PLAN: Plan = {
  format: 'hearsay-plan',
  version: 1,
  seed: 'crash',
  members: ['n1', 'n2', 'n3'].map((name) => ({ name, startAtMs: 0 })),
  channels: [{ name: 'rumor', protocol: 'rumor', settings: settingsOf(rumor.settings, 'quick') as never }],
  workloads: [],
  operations: [],
  faults: [],
  operationTimeoutMs: 1000,
  closing: { healAtMs: 1000, pollEveryMs: 100, deadlineMs: 1000 },
  network: { latencyMs: 1, jitterMs: 0 },
};

interface Played {
  /** `member: reason`, `!` in front where it was expected. */
  readonly downs: readonly string[];
  readonly ups: readonly string[];
  readonly views: number;
}

function play(protocol: AnyProtocol, over: Partial<ClusterEvents> = {}, codec = false): Played {
  const downs: string[] = [];
  const ups: string[] = [];
  let views = 0;
  const nothing = () => {};
  const events: ClusterEvents = {
    up: (member) => ups.push(member),
    down: (member, _life, _time, expected, reason) => downs.push(`${expected ? '!' : ''}${member}: ${reason}`),
    reply: nothing,
    observe: nothing,
    view: () => {
      views++;
    },
    traffic: nothing,
    links: nothing,
    failed: nothing,
    ...over,
  };
  const options = { plan: PLAN, events, directory: undefined };
  const cluster = createOpenSim(new Map([['rumor', protocol]]), { codec })(options);
  for (const { name } of PLAN.members) cluster.at(0, () => cluster.start(name, 1, 1, false));
  cluster.at(100 * MS, () => cluster.invoke('n1', 0, 'rumor', 'broadcast', 'hello'));
  for (const { name } of PLAN.members) cluster.at(3000 * MS, () => cluster.poll(name, 1, true));
  cluster.at(3100 * MS, () => cluster.finish());
  cluster.run();
  return { downs, ups, views };
}

/** `n2` throws in the given method. */
function throwing(where: 'init' | 'handle' | 'view' | 'decode' | 'kindOf', error: unknown): AnyProtocol {
  const fail = (): never => {
    throw error;
  };
  switch (where) {
    case 'init':
      return { ...rumor, init: (ctx) => (ctx.self === 'n2' ? fail() : rumor.init(ctx)) };
    case 'handle':
      return {
        ...rumor,
        handle: (state, event, ctx) =>
          event.type === 'message' && ctx.self === 'n2' ? fail() : rumor.handle(state, event, ctx),
      };
    case 'view':
      return { ...rumor, view: fail };
    case 'decode':
      return { ...rumor, decode: fail };
    case 'kindOf':
      return { ...rumor, kindOf: fail };
  }
}

describe('a protocol that throws', () => {
  it('ends that member alone, unexpectedly and with what was thrown', () => {
    const { downs, ups, views } = play(throwing('handle', new RangeError('planted\nover lines')));
    expect(downs).toEqual(['n2: RangeError: planted over lines']);
    expect(ups).toEqual(['n1', 'n2', 'n3']);
    expect(views).toBe(2);
  });

  it('may throw anything, undefined too', () => {
    expect(play(throwing('handle', undefined)).downs).toEqual(['n2: undefined']);
  });

  it('ends before it is up where its first state cannot be made', () => {
    const { downs, ups } = play(throwing('init', new TypeError('planted')));
    expect(downs).toEqual(['n2: TypeError: planted']);
    expect(ups).toEqual(['n1', 'n3']);
  });

  it('ends wherever the cluster calls it', () => {
    const planted = new TypeError('planted');
    expect(play(throwing('view', planted)).downs).toHaveLength(3);
    expect(play(throwing('decode', planted), {}, true).downs.length).toBeGreaterThan(0);
    expect(play(throwing('kindOf', planted)).downs.length).toBeGreaterThan(0);
  });

  it('is alone in that: the correct one lives', () => {
    expect(play(rumor)).toEqual({ downs: [], ups: ['n1', 'n2', 'n3'], views: 3 });
  });
});

describe('what is wrong with the harness ends the run', () => {
  it('such as an invariant that does not hold', () => {
    const error = new InvariantError('planted');
    expect(() => play(throwing('handle', error))).toThrow(error);
  });

  it('or whoever listens and throws', () => {
    const error = new Error('disk full');
    const observe = () => {
      throw error;
    };
    expect(() => play(rumor, { observe })).toThrow(error);
    expect(() => play(rumor, { reply: observe })).toThrow(error);
  });
});

it('a life that is killed before it is up comes back with nothing of the life before it', () => {
  const views: unknown[] = [];
  const nothing = () => {};
  const events: ClusterEvents = {
    up: nothing,
    down: nothing,
    reply: nothing,
    observe: nothing,
    view: (_member, life, _round, _channel, _digest, view) => views.push([life, view]),
    traffic: nothing,
    links: nothing,
    failed: nothing,
  };
  const cluster = createOpenSim(new Map([['rumor', rumor]]))({ plan: PLAN, events, directory: undefined });
  cluster.at(0, () => cluster.start('n1', 1, 1, false));
  cluster.at(100 * MS, () => cluster.invoke('n1', 0, 'rumor', 'broadcast', 'hello'));
  cluster.at(200 * MS, () => cluster.poll('n1', 1, true));
  cluster.at(300 * MS, () => {
    cluster.kill('n1');
    cluster.start('n1', 2, 1, false);
    cluster.kill('n1');
    cluster.start('n1', 2, 2, true);
  });
  cluster.at(400 * MS, () => cluster.poll('n1', 2, true));
  cluster.at(500 * MS, () => cluster.finish());
  cluster.run();
  expect(views).toEqual([
    [1, { 'n1/1': expect.anything() }],
    [2, {}],
  ]);
});
