/**
 * Who is hurt: the target syntax that --pause, --slow and --kill share. A count (`2`), a share (`30%`), names
 * (`n1,n3`), or a word: `one`, `minority`, `majority`, `all`.
 */

import { UserError } from '../harness/model/errors.ts';
import type { Random } from '../impl/protocol.ts';

export type Targets =
  | { readonly type: 'count'; readonly count: number }
  | { readonly type: 'share'; readonly share: number }
  | { readonly type: 'names'; readonly names: readonly string[] }
  | { readonly type: 'one' | 'minority' | 'majority' | 'all' };

export const TARGETS_HELP = 'a count (2), a share (30%), names (n1,n3), or one, minority, majority, all';

const MEND = `write ${TARGETS_HELP}`;
const WORDS = ['one', 'minority', 'majority', 'all'] as const;

/** `true` (the flag stood alone) is a minority. Whether names exist is checked when victims are chosen. */
export function parseTargets(text: string | true, what: string): Targets {
  if (text === true) return { type: 'minority' };
  const plain = text.trim();
  const word = WORDS.find((candidate) => candidate === plain);
  if (word !== undefined) return { type: word };
  if (/^\d+$/.test(plain)) {
    const count = Number(plain);
    if (count < 1 || count > 1000) throw new UserError(`${what} must hit from 1 to 1000 members`, text, MEND);
    return { type: 'count', count };
  }
  const share = /^(\d+(?:\.\d+)?)\s*%$/.exec(plain);
  if (share) {
    const value = Number(share[1]) / 100;
    if (!(value > 0 && value <= 1)) throw new UserError(`${what} must hit a share above 0% up to 100%`, text, MEND);
    return { type: 'share', share: value };
  }
  const names = plain.split(',').map((name) => name.trim());
  if (names.some((name) => !/^[a-z][a-z0-9-]{0,31}$/.test(name))) {
    throw new UserError(`${what} does not say whom to hit`, text, MEND);
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UserError(`${what} names ${twice} twice`, text, 'name each member once');
  return { type: 'names', names };
}

/** Largest number of members that leaves a strict majority untouched. */
export function minorityOf(n: number): number {
  return Math.floor((n - 1) / 2);
}

/** As the user wrote it. */
export function describeTargets(targets: Targets): string {
  switch (targets.type) {
    case 'count':
      return String(targets.count);
    case 'share':
      return `${Math.round(targets.share * 1e4) / 100}%`;
    case 'names':
      return targets.names.join(',');
    default:
      return targets.type;
  }
}

/** At least one victim, in plan order. Throws UserError where the members cannot satisfy what was asked. */
export function chooseVictims(targets: Targets, members: readonly string[], random: Random, what: string): string[] {
  const n = members.length;
  if (targets.type === 'names') {
    const unknown = targets.names.find((name) => !members.includes(name));
    if (unknown !== undefined) {
      const known = `${members[0]}..${members[n - 1]}`;
      throw new UserError(`${what} names a member that the plan has not`, unknown, `members are ${known}; or ${MEND}`);
    }
    return members.filter((name) => targets.names.includes(name));
  }
  const count = victimCount(targets, n);
  if (count > n) {
    throw new UserError(
      `${what} asks for more members than there are (${n})`,
      describeTargets(targets),
      `ask for at most ${n}, or raise --nodes`,
    );
  }
  if (count < 1) {
    throw new UserError(
      `${what} would hit nobody, as ${n} members have no minority`,
      describeTargets(targets),
      'name a target such as one, or raise --nodes to 3',
    );
  }
  return pick(members, count, random);
}

function victimCount(targets: Exclude<Targets, { type: 'names' }>, n: number): number {
  switch (targets.type) {
    case 'count':
      return targets.count;
    case 'share':
      return Math.max(1, Math.round(targets.share * n));
    case 'one':
      return 1;
    case 'minority':
      return minorityOf(n);
    case 'majority':
      return Math.floor(n / 2) + 1;
    case 'all':
      return n;
  }
}

/** `count` members at random, in plan order. */
export function pick(members: readonly string[], count: number, random: Random): string[] {
  const chosen = new Set(random.sample(members, count));
  return members.filter((name) => chosen.has(name));
}

/** A random third, at least one: whom the clock faults hit. */
export function pickThird(members: readonly string[], random: Random): string[] {
  return pick(members, Math.max(1, Math.round(members.length / 3)), random);
}

/** Targets for plans drawn at random: never so many that no majority is left. */
export function drawTargets(random: Random, members: readonly string[]): Targets {
  const most = minorityOf(members.length);
  return most < 1 ? { type: 'one' } : { type: 'count', count: 1 + random.int(most) };
}
