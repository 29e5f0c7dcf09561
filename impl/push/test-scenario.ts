/** Test support for replicated maps: what clients ask, links that lose and cut, and what the members then hold. */
import type { Data } from '../protocol.ts';
import type { World } from '../testkit.ts';

let nextOperation = 1;

/** An operation on the world's first channel that is answered at once. */
export function ask(world: World, member: string, f: string, value: Data) {
  const id = nextOperation++;
  world.operate(member, world.member(member).channels[0]?.name ?? '', id, f, value);
  const reply = world.replies.get(id);
  if (reply === undefined) throw new Error('no reply');
  return { type: reply.type, value: (reply.type === 'ok' ? reply.value : {}) as Record<string, Data> };
}

export function agree(world: World, names: readonly string[] = world.names): boolean {
  const first = JSON.stringify(world.view(names[0] ?? ''));
  return names.every((name) => JSON.stringify(world.view(name)) === first);
}

/** Writes of five members to a few keys, while a cut and loss make a mess of the links; then all is healed. */
export function hurtAndHeal(world: World, seed: number): void {
  let draws = seed;
  world.latency = (sent) => {
    draws = (Math.imul(draws, 1103515245) + 12345) >>> 0;
    const cut = sent.from < 'n3' !== sent.to < 'n3';
    return cut || (!sent.stream && draws % 4 === 0) ? undefined : 1 + (draws % 50);
  };
  for (let i = 0; i < 60; i++) {
    const member = world.names[(i * 7 + seed) % 5] ?? '';
    const key = `k${(i * 3 + seed) % 8}`;
    if (i % 9 === 0) ask(world, member, 'delete', { key });
    else ask(world, member, 'write', { key, value: `${seed}:${i}` });
    world.run(50);
  }
  world.latency = () => 1;
}

/** The largest version acknowledged for each key. */
export function acknowledged(world: World): Map<string, string> {
  const out = new Map<string, string>();
  for (const { observation } of world.seen) {
    if (observation.kind !== 'apply' || observation.operation === undefined) continue;
    if (observation.version > (out.get(observation.key) ?? '')) out.set(observation.key, observation.version);
  }
  return out;
}

/** By key. */
export function versionsAt(world: World, member: string): Map<string, string> {
  const view = world.view(member) as Record<string, [string, Data]>;
  return new Map(Object.entries(view).map(([key, [version]]) => [key, version]));
}
