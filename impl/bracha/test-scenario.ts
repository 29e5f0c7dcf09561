/** Test support: worlds of reliable broadcast, and an oracle for its five properties that is written from their text. */
import { split } from '../../harness/model/rng.ts';
import { settingsOf } from '../protocol.ts';
import { namesOf, World, type WorldOptions } from '../testkit.ts';
import { type BrachaProtocol, bracha } from './bracha.ts';
import { type BrachaSettings, brachaSettings } from './settings.ts';

export const quick: BrachaSettings = settingsOf(brachaSettings, 'quick');

export interface Scenario {
  readonly world: World;
  readonly names: readonly string[];
  /** What clients asked for, by operation. */
  readonly asked: Map<number, { member: string; value: string }>;
  broadcast(member: string, value: string): number;
}

/** Latencies from 1 to 20 ms, so that seeds differ in the order of arrival. */
export function jittered(seed: string): () => number {
  const random = split(seed, 'latency');
  return () => 1 + random.int(20);
}

export function createScenario(
  n: number,
  seed = 'test',
  protocol: BrachaProtocol = bracha,
  options: Partial<WorldOptions> = {},
): Scenario {
  const names = namesOf(n);
  const channels = [{ protocol, settings: quick, name: 'bracha' }];
  const world = new World({ names, channels, seed, latency: jittered(seed), ...options });
  world.startAll();
  const asked = new Map<number, { member: string; value: string }>();
  return {
    world,
    names,
    asked,
    broadcast(member, value) {
      const id = asked.size + 1;
      asked.set(id, { member, value });
      world.operate(member, 'bracha', id, 'broadcast', value);
      return id;
    },
  };
}

/**
 * The violations among `correct` members, empty when there is none; each starts with the property's name. `correct`
 * leaves out liars and members that lost a life. Liveness is judged too: call it when the world has come to rest.
 */
export function violations({ world, asked }: Scenario, correct: readonly string[]): string[] {
  const out: string[] = [];
  /** By instance: the value at each correct member. */
  const delivered = new Map<string, Map<string, string>>();
  /** What correct origins accepted, by instance. */
  const sent = new Map<string, string>();
  for (const { member, life, observation: seen } of world.seen) {
    if (!correct.includes(member)) continue;
    if (seen.kind === 'broadcast')
      sent.set(`${member}/${life}/${seen.sequence}`, asked.get(seen.operation)?.value ?? '');
    if (seen.kind !== 'deliver') continue;
    const instance = `${seen.origin}/${seen.originLife}/${seen.sequence}`;
    const at = delivered.get(instance) ?? new Map<string, string>();
    if (at.has(member)) out.push(`no duplication: ${member} delivers ${instance} again`);
    at.set(member, String(seen.value));
    delivered.set(instance, at);
    if (correct.includes(seen.origin) && sent.get(instance) !== seen.value)
      out.push(`integrity: ${member} delivers ${seen.value} for ${instance}, sent was ${sent.get(instance)}`);
  }
  for (const [instance, at] of delivered) {
    if (new Set(at.values()).size > 1)
      out.push(`consistency: ${instance} is ${[...new Set(at.values())].join(' and ')}`);
    if (at.size < correct.length) out.push(`totality: ${instance} is delivered at ${[...at.keys()].join(', ')} only`);
  }
  for (const instance of sent.keys())
    if (!delivered.has(instance)) out.push(`validity: ${instance} is delivered nowhere`);
  // Every broadcast a correct member was asked for became an instance.
  const instances = [...asked.values()].filter(({ member }) => correct.includes(member)).length;
  if (instances !== sent.size) out.push(`validity: ${instances} were asked for and ${sent.size} accepted`);
  return out;
}

/** Liars somewhere in the roster, one broadcast of each member and more of the liars, then rest. */
export function runLying(
  n: number,
  liars: number,
  behaviour: string,
  seed: string,
  protocol: BrachaProtocol = bracha,
): Scenario & { readonly lying: readonly string[] } {
  const scenario = createScenario(n, seed, protocol);
  const { world, names } = scenario;
  const lying = split(seed, 'liars').sample(names, liars);
  for (const liar of lying) world.member(liar).setBehaviour('bracha', behaviour);
  for (const name of names) scenario.broadcast(name, `from ${name}`);
  for (const liar of lying) for (let i = 0; i < 3; i++) scenario.broadcast(liar, `more ${i}`);
  world.run(3000);
  return { ...scenario, lying };
}

/** What such a run breaks among those who do not lie. */
export function runWithLiars(
  n: number,
  liars: number,
  behaviour: string,
  seed: string,
  protocol: BrachaProtocol = bracha,
): string[] {
  const { lying, ...scenario } = runLying(n, liars, behaviour, seed, protocol);
  return violations(
    scenario,
    scenario.names.filter((name) => !lying.includes(name)),
  );
}
