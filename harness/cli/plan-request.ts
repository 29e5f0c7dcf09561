/** From flags as typed to a checked request. Every mistake is a UserError. */
import { randomBytes } from 'node:crypto';
import { SUITE } from '../../impl/registry.ts';
import { scenarios } from '../../workloads/scenarios/registry.ts';
import { UserError } from '../model/errors.ts';
import { PROTOCOL_PATTERN, SEED_PATTERN } from '../model/plan-limits.ts';
import type { Scenario } from '../model/scenario.ts';
import { parseDuration, parseInteger, parseRate } from '../model/units.ts';
import type { Profile, SettingOverride } from '../plan/make-plan.ts';

export const MOST_NODES = 1000;

export const parseNodes = (text: string): number => parseInteger(text, '--nodes', 2, MOST_NODES);

export const parseTime = (text: string): number => parseDuration(text, '--time', { bare: 's', min: 1000 });

export const parseLoadRate = (text: string): number => parseRate(text, '--rate');

export const parseFaultEvery = (text: string): number => parseDuration(text, '--fault-every', { bare: 's', min: 10 });

export const parseFaultFor = (text: string): number => parseDuration(text, '--fault-for', { bare: 's', min: 10 });

export function parseSeed(text: string): string {
  if (SEED_PATTERN.test(text)) return text;
  throw new UserError('--seed is not 1 to 64 printable characters', text, 'write a short word or number, such as 42');
}

/** Eight hex digits. */
export function drawSeed(): string {
  return randomBytes(4).toString('hex');
}

/** Names between commas. */
export function parseList(text: string, flag: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  const odd = names.find((name) => !PROTOCOL_PATTERN.test(name));
  if (odd !== undefined) throw new UserError(`${flag} is no list of names`, text, `write it as ${flag} a,b`);
  return names;
}

export function parseProtocols(text: string): string[] {
  return parseList(text, '--protocol').flatMap((name) => (name === 'suite' ? SUITE : [name]));
}

export function parseWorkloads(text: string): string[] {
  return [...new Set(parseList(text, '--workload'))];
}

export function parseScenario(text: string): Scenario {
  const scenario = scenarios.get(text);
  if (scenario !== undefined) return scenario;
  throw new UserError('--scenario is not known', text, `take one of ${[...scenarios.keys()].join(', ')}`);
}

export function parseProfile(text: string): Profile {
  if (text === 'quick' || text === 'default') return text;
  throw new UserError('--profile is not known', text, 'take quick or default');
}

export function parseOverride(text: string): SettingOverride {
  const match = /^((?:textbook\/)?[a-z][a-z0-9-]*)\.([A-Za-z][A-Za-z0-9]*)=(.+)$/.exec(text.trim());
  if (!match) throw new UserError('--set is not PROTOCOL.SETTING=VALUE', text, 'write --set swim.probeIntervalMs=500');
  return { protocol: match[1] as string, key: match[2] as string, text: match[3] as string };
}

/** The first of a row of UDP ports, one for each member. */
export const parsePort = (text: string): number => parseInteger(text, '--port', 1024, 65_535);
