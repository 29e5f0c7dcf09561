import { describe, expect, it } from 'vitest';
import type { MembershipView } from '../primitives/membership-protocol.ts';
import { settingsOf } from '../protocol.ts';
import { World } from '../testkit.ts';
import { type ConsulProtocol, consul } from './consul.ts';
import { consulConfirmationsRestart, consulForgetsDead, consulNeverRefutes } from './planted-bugs.ts';
import { consulSettings } from './settings.ts';

const names = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7'];

function createWorld(protocol: ConsulProtocol, seed: string): World {
  const world = new World({ names, channels: [{ protocol, settings: settingsOf(consulSettings, 'quick') }], seed });
  world.startAll();
  world.run(3000);
  return world;
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

describe.each(['a', 'b', 'c', 'd', 'e'])('seed %s: each planted bug shows, and not in the correct protocol', (seed) => {
  it.each<[string, ConsulProtocol, boolean]>([
    ['consul', consul, true],
    ['never refutes', consulNeverRefutes, false],
  ])('%s: the accused come back after a partition', (_, protocol, expected) => {
    const world = createWorld(protocol, seed);
    partitioned(world);
    expect(allAlive(world)).toBe(expected);
  });

  it.each<[string, ConsulProtocol, boolean]>([
    ['consul', consul, true],
    ['confirmations restart', consulConfirmationsRestart, false],
  ])('%s: a crashed member is declared dead', (_, protocol, expected) => {
    const world = createWorld(protocol, seed);
    world.kill('n7');
    world.run(20_000);
    const dead = world.seen.some(({ observation: o }) => o.kind === 'status' && o.status === 'dead');
    expect(dead).toBe(expected);
  });

  it.each<[string, ConsulProtocol, boolean]>([
    ['consul', consul, true],
    ['forgets the dead', consulForgetsDead, false],
  ])('%s: the sides of a partition merge', (_, protocol, expected) => {
    const world = createWorld(protocol, seed);
    partitioned(world);
    expect(allAlive(world)).toBe(expected);
  });
});
