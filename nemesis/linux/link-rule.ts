/** From the link faults in force to rules for directed links: what each kernel builder and the relay work from. Pure. */
import { isLinkFault, type LinkFault, linksOf, type PlannedFault, touches } from '../../harness/model/fault.ts';

/** A member as the network knows it. */
export interface LinkMember {
  readonly name: string;
  /** IPv4. */
  readonly address: string;
  /** Where its datagrams come from and go to. */
  readonly port: number;
}

interface Part {
  /** The fault's id: names its draws. */
  readonly id: string;
}
export interface LossPart extends Part {
  readonly probability: number;
}
/** Gilbert-Elliott: see LossFault. */
export interface BurstPart extends LossPart {
  readonly burst: number;
}
export interface DelayPart extends Part {
  readonly delayMs: number;
  readonly jitterMs: number;
}
export interface ReorderPart extends LossPart {
  readonly holdMs: number;
}
export interface RatePart extends Part {
  readonly bitsPerSecond: number;
  readonly queueMs: number;
}

/** All that is in force on the directed link `from` -> `to`; parts are in the order of the faults. */
export interface LinkRule {
  readonly from: LinkMember;
  readonly to: LinkMember;
  /** Nothing passes, streams neither. */
  readonly cut: boolean;
  /** Losses in which each datagram is on its own. */
  readonly losses: readonly LossPart[];
  readonly bursts: readonly BurstPart[];
  readonly delays: readonly DelayPart[];
  readonly reorders: readonly ReorderPart[];
  readonly duplicates: readonly LossPart[];
  readonly corrupts: readonly LossPart[];
  readonly rates: readonly RatePart[];
}

/**
 * One rule for each directed link on which something is in force, in the members' order. Faults of other kinds are passed
 * over. `base` are link faults that are in force at all times (the links of the plan's network).
 */
export function planLinkRules(
  active: readonly PlannedFault[],
  members: readonly LinkMember[],
  base: readonly LinkFault[] = [],
): LinkRule[] {
  const faults = [...base, ...active.filter(isLinkFault)];
  if (faults.length === 0) return [];
  return members.flatMap((from) =>
    members.flatMap((to) => {
      const mine = faults.filter((fault) => touches(linksOf(fault), from.name, to.name));
      return mine.length === 0 ? [] : [linkRule(from, to, mine)];
    }),
  );
}

function linkRule(from: LinkMember, to: LinkMember, faults: readonly LinkFault[]): LinkRule {
  const of = <Type extends LinkFault['type']>(type: Type): Extract<LinkFault, { type: Type }>[] =>
    faults.filter((fault): fault is Extract<LinkFault, { type: Type }> => fault.type === type);
  const chance = ({ id, probability }: { id: string; probability: number }): LossPart => ({ id, probability });
  return {
    from,
    to,
    cut: of('partition').length > 0,
    losses: of('loss')
      .filter((fault) => !isBurst(fault))
      .map(chance),
    bursts: of('loss').flatMap((fault) => (isBurst(fault) ? [{ ...chance(fault), burst: fault.burst }] : [])),
    delays: of('delay').map(({ id, delayMs, jitterMs }) => ({ id, delayMs, jitterMs })),
    reorders: of('reorder').map((fault) => ({ ...chance(fault), holdMs: fault.holdMs })),
    duplicates: of('duplicate').map(chance),
    corrupts: of('corrupt').map(chance),
    rates: of('bandwidth').map(({ id, bitsPerSecond, queueMs }) => ({ id, bitsPerSecond, queueMs })),
  };
}

/** A loss of everything has no bursts. */
function isBurst<Fault extends { probability: number; burst?: number | undefined }>(
  fault: Fault,
): fault is Fault & { burst: number } {
  return fault.burst !== undefined && fault.probability < 1;
}

/** The chance that at least one of several independent things strikes. */
export function anyOf(parts: readonly { readonly probability: number }[]): number {
  return 1 - parts.reduce((none, part) => none * (1 - part.probability), 1);
}
