import { describe, expect, it } from 'vitest';
import { split } from '../../harness/model/rng.ts';
import type { MembershipView } from '../primitives/membership-protocol.ts';
import { settingsOf } from '../protocol.ts';
import { World } from '../testkit.ts';
import { swimForgetsDead, swimInflatesOthers, swimNeverDetects, swimNeverRefutes } from './planted-bugs.ts';
import { swimSettings } from './settings.ts';
import { type SwimProtocol, swim } from './swim.ts';

const names = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7'];

function createWorld(protocol: SwimProtocol, seed: string): World {
  const world = new World({ names, channels: [{ protocol, settings: settingsOf(swimSettings, 'quick') }], seed });
  world.startAll();
  world.run(3000);
  return world;
}

/** Loses 30 % of the datagrams for a while, so that suspicions arise. */
function lossy(world: World, seed: string): void {
  const random = split(seed, 'loss');
  world.latency = (sent) => (!sent.stream && random.next() < 0.3 ? undefined : 1);
  world.run(15_000);
  world.latency = () => 1;
  world.run(15_000);
}

function partitioned(world: World): void {
  const side = ['n1', 'n2', 'n3'];
  world.latency = (sent) => (side.includes(sent.from) === side.includes(sent.to) ? 1 : undefined);
  world.run(15_000);
  world.latency = () => 1;
  world.run(15_000);
}

const allAlive = (world: World) =>
  names.every((name) => (world.view(name) as MembershipView).alive.length === names.length);

/** An incarnation that its member never raised itself to. */
function inflated(world: World): boolean {
  const raised = new Map<string, number>();
  return world.seen.some(({ member, observation }) => {
    if (observation.kind === 'refute') raised.set(member, observation.incarnation);
    return observation.kind === 'status' && observation.incarnation > (raised.get(observation.subject) ?? 0);
  });
}

describe.each(['a', 'b', 'c', 'd', 'e'])('seed %s: each planted bug shows, and not in the correct protocol', (seed) => {
  it.each<[string, SwimProtocol, boolean]>([
    ['swim', swim, true],
    ['never refutes', swimNeverRefutes, false],
  ])('%s: the accused come back after losses', (_, protocol, expected) => {
    const world = createWorld(protocol, seed);
    lossy(world, seed);
    expect(allAlive(world)).toBe(expected);
  });

  it.each<[string, SwimProtocol, boolean]>([
    ['swim', swim, false],
    ['inflates others', swimInflatesOthers, true],
  ])('%s: incarnations raised by others', (_, protocol, expected) => {
    const world = createWorld(protocol, seed);
    lossy(world, seed);
    expect(inflated(world)).toBe(expected);
  });

  it.each<[string, SwimProtocol, boolean]>([
    ['swim', swim, true],
    ['never detects', swimNeverDetects, false],
  ])('%s: a crashed member is declared dead', (_, protocol, expected) => {
    const world = createWorld(protocol, seed);
    world.kill('n7');
    world.run(20_000);
    const dead = world.seen.some(({ observation: o }) => o.kind === 'status' && o.status === 'dead');
    expect(dead).toBe(expected);
  });

  it.each<[string, SwimProtocol, boolean]>([
    ['swim', swim, true],
    ['forgets the dead', swimForgetsDead, false],
  ])('%s: the sides of a partition merge', (_, protocol, expected) => {
    const world = createWorld(protocol, seed);
    partitioned(world);
    expect(allAlive(world)).toBe(expected);
  });
});
