/** Which of a plan's faults cannot be made here, why, and what would bring them: asked before a run, never during one. */
import { UnavailableError } from '../../harness/model/errors.ts';
import { isLinkFault, type LinkFault, type PlannedFault, turnsWallClock } from '../../harness/model/fault.ts';
import { type KernelCapabilities, type KernelPart, PART_SOURCES } from './capabilities.ts';
import type { PlacementOptions } from './placement.ts';

export interface Unsupported {
  /** The fault's id. */
  readonly fault: string;
  readonly type: string;
  readonly reason: string;
  /** The package, module or setting that would bring it. */
  readonly mend: string;
}

export interface HostParts extends PlacementOptions {
  /** The library; undefined: there is none. Ask for it only where clocks are turned by it. */
  readonly faketime: string | undefined;
  /** Whether the members' own programs turn their wall clocks, so that no library is needed. */
  readonly ownClocks?: boolean | undefined;
  /** Whether a relay can be run in members' namespaces. */
  readonly relay: boolean;
}

/** Each way is a list of parts that it needs; the first way that is whole is taken. */
type Way = readonly (KernelPart | 'relay')[];

const NETEM: Way = ['netem', 'htb', 'u32'];
const RELAY: Way = ['nft', 'rewrite', 'relay'];

function waysOf(fault: LinkFault, corruptBy: PlacementOptions['corruptBy'], rewrite: boolean): readonly Way[] {
  switch (fault.type) {
    case 'partition':
      return [['nft'], NETEM];
    case 'loss':
      return fault.burst === undefined ? [NETEM, ['nft', 'numgen'], RELAY] : [NETEM, RELAY];
    case 'delay':
    case 'reorder':
      return [NETEM, RELAY];
    case 'corrupt':
      return corruptBy === 'netem' || !rewrite ? [NETEM, RELAY] : [RELAY];
    case 'duplicate':
      return [['nft', 'numgen', 'dup'], RELAY];
    case 'bandwidth':
      return [['htb', 'u32']];
  }
}

/** The faults that this kernel, these tools and this host cannot make, in the plan's order. Pure. */
export function unsupported(
  faults: readonly PlannedFault[],
  capabilities: KernelCapabilities,
  host: HostParts,
): Unsupported[] {
  const has = (part: KernelPart | 'relay'): boolean => (part === 'relay' ? host.relay : capabilities.parts.has(part));
  return faults.flatMap((fault): Unsupported[] => {
    if (turnsWallClock(fault)) {
      if (host.faketime !== undefined || host.ownClocks === true) return [];
      const mend = 'install libfaketime (Debian: apt-get install libfaketime)';
      return [{ fault: fault.id, type: fault.type, reason: 'libfaketime is not installed', mend }];
    }
    if (!isLinkFault(fault)) return [];
    const ways = waysOf(fault, host.corruptBy, has('rewrite'));
    if (ways.some((way) => way.every(has))) return [];
    // Whatever brings the way of which least is missing is the least to ask for.
    const missing = ways.map((way) => way.filter((part) => !has(part))).sort((a, b) => a.length - b.length)[0] ?? [];
    const of = (tell: (part: KernelPart | 'relay') => string): string => missing.map(tell).join('; ');
    return [
      {
        fault: fault.id,
        type: fault.type,
        reason: of((part) =>
          part === 'relay' ? 'no relay can be run' : `${part}: ${capabilities.reasons.get(part) ?? 'missing'}`,
        ),
        mend: of((part) => (part === 'relay' ? 'run members where Node can run beside them' : PART_SOURCES[part])),
      },
    ];
  });
}

/** One line for all of them, with exit code 69. */
export function unavailable(missing: readonly Unsupported[]): UnavailableError {
  const kinds = [...new Set(missing.map(({ type }) => type))].join(', ');
  const reasons = [...new Set(missing.map(({ reason }) => reason))].join('; ');
  const mends = [...new Set(missing.map(({ mend }) => mend))].join('; ');
  return new UnavailableError(`this machine cannot make the planned faults: ${kinds} (${reasons})`, undefined, mends);
}
