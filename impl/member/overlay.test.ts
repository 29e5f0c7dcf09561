/** What a member of an overlay may draw: its neighbours, and of those only the ones that membership has up. */
import { expect, test } from 'vitest';
import { split } from '../../harness/model/rng.ts';
import type { AnyProtocol, Context, ProtocolEvent } from '../protocol.ts';
import { Member } from './member.ts';

interface Seen {
  context: Context<unknown> | undefined;
  readonly events: ProtocolEvent<unknown>[];
}

function probe(name: string, role: AnyProtocol['role'], seen: Seen): AnyProtocol {
  return {
    name,
    summary: '',
    source: 'own',
    role,
    workloads: [],
    settings: {},
    converges: false,
    claims: [],
    bounds: () => ({}),
    init: (ctx: Context<unknown>) => {
      seen.context = ctx;
      return {};
    },
    handle: (_state, event: ProtocolEvent<unknown>) => seen.events.push(event),
    view: () => null,
    decode: () => undefined,
    kindOf: () => 'x',
  };
}

const ROSTER = ['a', 'b', 'c', 'd', 'e'];

function memberOf(roles: readonly AnyProtocol['role'][], neighbours: readonly string[] | undefined) {
  const seen = roles.map((): Seen => ({ context: undefined, events: [] }));
  const channels = roles.map((role, i) => {
    const name = `${role}-${i}`;
    return { name, protocol: probe(name, role, seen[i] as Seen), settings: {} };
  });
  const nothing = () => {};
  const member = new Member({ name: 'a', life: 1, roster: ROSTER, neighbours }, channels, {
    send: nothing,
    stream: nothing,
    setTimer: nothing,
    persist: nothing,
    reply: nothing,
    observe: nothing,
    wallMs: () => 0,
    monotonicMs: () => 0,
    random: (name) => split('overlay', name),
  });
  const drawn = (index: number): string[] => [...(seen[index]?.context?.peers.sample(9) ?? [])].sort();
  return { member, seen, drawn };
}

test('channels that draw peers at random draw neighbours only, whatever others may draw', () => {
  const roles = ['map', 'dissemination', 'aggregation', 'reliable-broadcast', 'consensus'] as const;
  const { member, seen, drawn } = memberOf(roles, ['c', 'b']);
  for (const index of [0, 1, 2]) expect(drawn(index)).toEqual(['b', 'c']);
  for (const index of [3, 4]) expect(drawn(index)).toEqual(['b', 'c', 'd', 'e']);
  member.start(undefined, ['d', 'e', 'b']);
  const joined = seen.map(({ events }) => (events[0]?.type === 'start' ? events[0].seeds : undefined));
  expect(joined).toEqual([
    ['c', 'b'],
    ['c', 'b'],
    ['c', 'b'],
    ['d', 'e', 'b'],
    ['d', 'e', 'b'],
  ]);
  expect(memberOf(roles, undefined).drawn(0)).toEqual(['b', 'c', 'd', 'e']);
});

test('in a suite those of them that membership has up', () => {
  const { member, seen, drawn } = memberOf(['membership', 'map'], ['b', 'c']);
  expect(drawn(0)).toEqual(['b', 'c', 'd', 'e']);
  expect(drawn(1)).toEqual([]);
  for (const name of ['b', 'd']) seen[0]?.context?.announce(name, 1, true);
  member.timer(0, null);
  expect(drawn(1)).toEqual(['b']);
  expect(seen[1]?.events.map((event) => (event.type === 'membership' ? event.member : event.type))).toEqual(['b']);
  seen[0]?.context?.announce('b', 1, false);
  member.timer(0, null);
  expect(drawn(1)).toEqual([]);
});
