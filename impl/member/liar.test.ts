import { expect, it } from 'vitest';
import { withhold } from '../primitives/lying.ts';
import type { AnyProtocol, Data, Lie } from '../protocol.ts';
import { World } from '../testkit.ts';

type Message = { readonly n: number };

/** Sends a number to everybody on request, streams its negative, and keeps what it hears. */
function createSpeaker(lies: Readonly<Record<string, Lie<Message>>>): AnyProtocol {
  return {
    name: 'speaker',
    summary: '',
    source: '',
    role: 'map',
    workloads: [],
    settings: {},
    converges: false,
    claims: [],
    bounds: () => ({}),
    init: () => [] as number[],
    handle(state: number[], event, ctx) {
      if (event.type === 'message') state.push((event.message as Message).n);
      if (event.type !== 'operation') return;
      for (const to of ctx.roster) if (to !== ctx.self) ctx.send(to, { n: event.value });
      ctx.stream('n2', { n: -Number(event.value) });
    },
    view: (state: number[]) => [...state] as Data,
    decode: (raw) => raw as Message,
    kindOf: () => 'n',
    lies,
  };
}

function worldOf(lies: Readonly<Record<string, Lie<Message>>>): World {
  const names = ['n1', 'n2', 'n3'];
  const world = new World({ names, channels: [{ protocol: createSpeaker(lies), settings: {} }] });
  world.startAll();
  return world;
}

it('a liar stands in front of datagrams and streams alike, until it is honest again', () => {
  const world = worldOf({ tenfold: () => ({ tell: (to, { n }, stream) => [{ to, message: { n: 10 * n }, stream }] }) });
  world.member('n1').setBehaviour('speaker', 'tenfold');
  world.operate('n1', 'speaker', 1, 'say', 1);
  world.member('n1').setBehaviour('speaker', undefined);
  world.operate('n1', 'speaker', 2, 'say', 2);
  world.run(10);
  expect(world.view('n2')).toEqual([10, -10, 2, -2]);
  expect(world.view('n3')).toEqual([10, 2]);
});

it('a liar hears what arrives, and speaks on its own at its rate for as long as it lies', () => {
  const lies = {
    echo: () => {
      let last = 0;
      return {
        tell: () => [],
        hear: (_from: string, _life: number, message: Message) => {
          last = message.n;
        },
        everyMs: 100,
        act: () => (last === 0 ? [] : [{ to: 'n3', message: { n: 100 + last } }]),
      };
    },
  };
  const world = worldOf(lies);
  const n1 = world.member('n1');
  n1.setBehaviour('speaker', 'echo');
  // The same behaviour again goes on as it was: no second clock runs.
  n1.setBehaviour('speaker', 'echo');
  world.operate('n2', 'speaker', 1, 'say', 7);
  world.run(450);
  expect(world.view('n3')).toEqual([7, 107, 107, 107, 107]);
  expect(world.view('n1')).toEqual([7]);
  n1.setBehaviour('speaker', undefined);
  world.run(1000);
  expect(world.view('n3')).toHaveLength(5);
});

it('one that withholds is silent to every second other member, always the same', () => {
  const world = worldOf({ withhold });
  world.member('n1').setBehaviour('speaker', 'withhold');
  for (let n = 1; n <= 3; n++) world.operate('n1', 'speaker', n, 'say', n);
  world.run(10);
  expect([world.view('n2'), world.view('n3')]).toEqual([[], [1, 2, 3]]);
});
