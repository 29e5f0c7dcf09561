/** Test support: every planted bug there is, by name, and the protocol in whose place it runs. */
import * as aggregationMended from '../../impl/aggregation/mended-bugs.ts';
import * as aggregation from '../../impl/aggregation/planted-bugs.ts';
import * as akkaMended from '../../impl/akka/mended-bugs.ts';
import * as akka from '../../impl/akka/planted-bugs.ts';
import * as antiEntropy from '../../impl/anti-entropy/planted-bugs.ts';
import * as bracha from '../../impl/bracha/planted-bugs.ts';
import * as cassandra from '../../impl/cassandra/planted-bugs.ts';
import * as consensus from '../../impl/consensus/planted-bugs.ts';
import * as consul from '../../impl/consul/planted-bugs.ts';
import * as hybrid from '../../impl/hybrid/planted-bugs.ts';
import type { AnyProtocol } from '../../impl/protocol.ts';
import * as push from '../../impl/push/planted-bugs.ts';
import * as rumor from '../../impl/rumor/planted-bugs.ts';
import * as swim from '../../impl/swim/planted-bugs.ts';

export interface PlantedBug {
  /** As it is exported: `swimNeverRefutes`. */
  readonly name: string;
  /** Registered name of the protocol that it is a variant of. */
  readonly of: string;
  readonly protocol: AnyProtocol;
}

const FOLDERS: readonly (readonly [of: string, exported: Readonly<Record<string, AnyProtocol>>])[] = [
  ['swim', { ...swim }],
  ['rumor', { ...rumor }],
  ['anti-entropy', { ...antiEntropy }],
  ['bracha', { ...bracha }],
  ['cassandra', { ...cassandra }],
  ['akka', { ...akka }],
  ['consul', { ...consul }],
  ['push', { ...push }],
  ['hybrid', { ...hybrid }],
  ['aggregation', { ...aggregation }],
  ['consensus', { ...consensus }],
];

export const PLANTED_BUGS: readonly PlantedBug[] = FOLDERS.flatMap(bugsOf);

/** Bugs that were no planted ones, in the protocol as it was before they were mended; too rare to be hunted. */
export const MENDED_BUGS: readonly PlantedBug[] = [
  ...bugsOf(['akka', { ...akkaMended }]),
  ...bugsOf(['aggregation', { ...aggregationMended }]),
];

function bugsOf([of, exported]: (typeof FOLDERS)[number]): PlantedBug[] {
  return Object.entries(exported).map(([name, protocol]) => ({ name, of, protocol }));
}

/** Planted or mended. Throws for a name that is neither. */
export function plantedBug(name: string): PlantedBug {
  const found = [...PLANTED_BUGS, ...MENDED_BUGS].find((bug) => bug.name === name);
  if (found === undefined) throw new Error(`no planted bug is called ${name}`);
  return found;
}

/** What a shrunk plan may have, so that a person takes it in. */
export const READABLE = { faults: 3, operations: 5, members: 7 } as const;

/** Bugs that show in no plan that small: what they need, and why. */
export const NEEDS_MORE: Readonly<Record<string, Partial<Record<keyof typeof READABLE, number>> & { why: string }>> = {
  antiEntropyInvents: {
    operations: 7,
    why: 'it changes each seventh entry that a boot takes from others, and a boot takes each write once',
  },
};
