/** Test support: worlds of consensus, and an oracle for its properties that is written from their text. */
import { split } from '../../harness/model/rng.ts';
import { settingsOf } from '../protocol.ts';
import { calmConditions, namesOf, World, type WorldOptions } from '../testkit.ts';
import { type ConsensusProtocol, consensus } from './consensus.ts';
import { type ConsensusSettings, consensusBounds, consensusSettings } from './settings.ts';

export const quick: ConsensusSettings = settingsOf(consensusSettings, 'quick');

/** Latencies from 1 to 20 ms, so that seeds differ in the order of arrival. */
export function jittered(seed: string): () => number {
  const random = split(seed, 'latency');
  return () => 1 + random.int(20);
}

export function boundMs(n: number): number {
  return consensusBounds(quick, calmConditions(n, { linkLatencyMs: 20 })).deliveryMs ?? 0;
}

export interface Scenario {
  readonly world: World;
  readonly names: readonly string[];
  readonly proposed: { member: string; instance: number; value: string }[];
  propose(member: string, instance: number, value: string): number;
}

export function createScenario(
  n: number,
  seed = 'test',
  protocol: ConsensusProtocol = consensus,
  options: Partial<WorldOptions> = {},
): Scenario {
  const names = namesOf(n);
  const channels = [{ protocol, settings: quick, name: 'consensus' }];
  const world = new World({ names, channels, seed, latency: jittered(seed), ...options });
  world.startAll();
  const proposed: Scenario['proposed'] = [];
  return {
    world,
    names,
    proposed,
    propose(member, instance, value) {
      proposed.push({ member, instance, value });
      world.operate(member, 'consensus', proposed.length, 'propose', { instance, value });
      return proposed.length;
    },
  };
}

/** Violations of safety in all that was seen, empty when there is none; each starts with the property's name. */
export function unsafe({ world, proposed }: Scenario): string[] {
  const out: string[] = [];
  const decided = new Map<number, unknown>();
  const lives = new Set<string>();
  for (const { member, life, observation: seen } of world.seen) {
    if (seen.kind !== 'decide') continue;
    const { instance, value } = seen;
    if (!decided.has(instance)) decided.set(instance, value);
    else if (decided.get(instance) !== value) out.push(`agreement: ${decided.get(instance)} and ${value} at ${member}`);
    if (!proposed.some((one) => one.instance === instance && one.value === value))
      out.push(`validity: ${member} decides ${value} for ${instance}`);
    const key = `${member}/${life}/${instance}`;
    if (lives.has(key)) out.push(`irrevocability: ${member} decides ${instance} again`);
    lives.add(key);
  }
  return out;
}

/** What `correct` members still owe: every instance that was proposed at one of them, or decided anywhere. */
export function undecided({ world, proposed }: Scenario, correct: readonly string[]): string[] {
  const due = new Set(proposed.filter((one) => correct.includes(one.member)).map((one) => one.instance));
  const done = new Set<string>();
  for (const { member, observation: seen } of world.seen) {
    if (seen.kind !== 'decide') continue;
    due.add(seen.instance);
    done.add(`${member}/${seen.instance}`);
  }
  return correct.flatMap((member) => [...due].filter((i) => !done.has(`${member}/${i}`)).map((i) => `${member} ${i}`));
}

/**
 * Five members; n1's value is accepted by n1, n2 and n3 while only n1 hears of n2's and n3's acceptance, so that n1
 * alone decides. Then `restart` brings n2 and n3 back, n1 is cut off, and n4's value is all that a client still asks
 * for. Correct voters must hand n1's value on.
 */
export function splitAfterRestart(protocol: ConsensusProtocol, restore: boolean, seed = 'split'): Scenario {
  const scenario = createScenario(5, seed, protocol);
  const { world } = scenario;
  const latency = jittered(seed);
  const cut = new Set(['n4', 'n5']);
  scenario.propose('n1', 1, 'first');
  // From the proposal on nothing but n2's and n3's votes may travel, and only to n1.
  const proposes = (message: unknown): boolean =>
    (message as { items: unknown[][] }).items.some((item) => item[0] === 0 && item[4] !== null);
  world.latency = (sent) => {
    if (cut.has(sent.from) || cut.has(sent.to)) return undefined;
    const decisions = (sent.message as { items: unknown[][] }).items.some((item) => item[0] === 2);
    if (decisions) return undefined;
    if (sent.from !== 'n1' && sent.to !== 'n1' && proposes(sent.message)) return undefined;
    return latency();
  };
  world.runUntil(() => world.seen.some((seen) => seen.observation.kind === 'decide'), 5000, 1);
  for (const name of ['n2', 'n3']) world.kill(name);
  // What is still under way finds nobody.
  world.run(100);
  cut.clear();
  cut.add('n1');
  world.latency = (sent) => (cut.has(sent.from) || cut.has(sent.to) ? undefined : latency());
  for (const name of ['n2', 'n3']) world.start(name, { restore });
  scenario.propose('n4', 1, 'second');
  world.run(boundMs(5));
  cut.clear();
  world.run(boundMs(5));
  return scenario;
}
