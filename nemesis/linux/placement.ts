/**
 * Who makes which part of a link's faults. What leaves a member passes its queueing discipline (tc); what arrives passes
 * its packet filter (nft) and, where there is one, the relay. Cuts and single losses need no more than nft.
 */
import type { KernelCapabilities } from './capabilities.ts';
import {
  anyOf,
  type BurstPart,
  type DelayPart,
  type LinkRule,
  type LossPart,
  type RatePart,
  type ReorderPart,
} from './link-rule.ts';

export interface PlacementOptions {
  /**
   * netem flips bits below UDP's checksum, so the receiver's kernel swallows the datagram: a loss. The relay's flips reach
   * the member, which refuses the datagram and counts it.
   */
  readonly corruptBy?: 'relay' | 'netem' | undefined;
}

/** One netem; several in a chain delay one after the other. */
export interface NetemStage {
  readonly delay?: DelayPart;
  /** In [0, 1]. */
  readonly loss?: number;
  readonly burst?: BurstPart;
  readonly corrupt?: number;
  readonly duplicate?: number;
  readonly reorder?: ReorderPart;
}

/** What the relay does to the datagrams of one directed link. */
export interface RelayParts {
  readonly losses: readonly LossPart[];
  readonly bursts: readonly BurstPart[];
  readonly delays: readonly DelayPart[];
  readonly reorders: readonly ReorderPart[];
  readonly duplicates: readonly LossPart[];
  readonly corrupts: readonly LossPart[];
}

export interface TcPart {
  readonly rate: RatePart | undefined;
  readonly stages: readonly NetemStage[];
  /** Streams too; only where nft cannot cut. Everything else here acts on UDP alone. */
  readonly all?: true;
}

export interface Placement {
  /** By nft. */
  readonly cut: boolean;
  readonly tc: TcPart | undefined;
  /** Shares in [0, 1]. `duplicates`: each adds one copy. */
  readonly nft: { readonly loss: number; readonly duplicates: readonly number[] };
  readonly relay: RelayParts | undefined;
}

export function place(
  rule: Omit<LinkRule, 'from' | 'to'>,
  { parts }: KernelCapabilities,
  options: PlacementOptions = {},
): Placement {
  const netem = parts.has('netem') && parts.has('htb') && parts.has('u32');
  // Some kernels (User-mode Linux in Debian 12) have netem, and nft for bridges only.
  if (rule.cut && netem && !parts.has('nft')) return CUT_BY_NETEM;
  const netemCorrupts = netem && (options.corruptBy === 'netem' || !parts.has('rewrite'));
  const byNetem = netem ? rule : { ...rule, losses: [], bursts: [], delays: [], reorders: [] };
  const byRelay = netem ? { losses: [], bursts: [], delays: [], reorders: [] } : rule;
  const relayLosses = parts.has('numgen') ? [] : byRelay.losses;
  const corrupts = netemCorrupts ? [] : rule.corrupts;
  const relayed = [relayLosses, byRelay.bursts, byRelay.delays, byRelay.reorders, corrupts].some((of) => of.length > 0);
  // Copies share the fate of the datagram, as its delay or its damage: where the relay has it, the relay makes them.
  const relayCopies = rule.duplicates.length > 0 && (relayed || !parts.has('dup'));
  const stages = netemStages(byNetem, netemCorrupts ? anyOf(rule.corrupts) : 0);
  const rate = slowest(rule.rates);
  return {
    cut: rule.cut,
    tc: stages.length === 0 && rate === undefined ? undefined : { rate, stages },
    nft: {
      loss: netem || relayLosses.length > 0 ? 0 : anyOf(rule.losses),
      duplicates: relayCopies ? [] : rule.duplicates.map((part) => part.probability),
    },
    relay:
      relayed || relayCopies
        ? {
            losses: relayLosses,
            bursts: byRelay.bursts,
            delays: byRelay.delays,
            reorders: byRelay.reorders,
            duplicates: relayCopies ? rule.duplicates : [],
            corrupts,
          }
        : undefined,
  };
}

/** netem's drops are silent: the sender hears of none. */
const CUT_BY_NETEM: Placement = {
  cut: false,
  tc: { rate: undefined, stages: [{ loss: 1 }], all: true },
  nft: { loss: 0, duplicates: [] },
  relay: undefined,
};

/** Losses first: what is lost need not wait. One netem knows one delay, one burst model and one reordering. */
function netemStages(
  rule: Pick<LinkRule, 'losses' | 'bursts' | 'delays' | 'reorders'>,
  corrupt: number,
): readonly NetemStage[] {
  const [delay, ...delays] = rule.delays;
  const loss = anyOf(rule.losses);
  const first: NetemStage = {
    ...(delay === undefined ? {} : { delay }),
    ...(loss === 0 ? {} : { loss }),
    ...(corrupt === 0 ? {} : { corrupt }),
  };
  return [
    ...(Object.keys(first).length === 0 ? [] : [first]),
    ...rule.bursts.map((burst) => ({ burst })),
    ...delays.map((more) => ({ delay: more })),
    ...rule.reorders.map((reorder) => ({ reorder })),
  ];
}

/** Of several limits in a row the slowest one is felt. */
function slowest(rates: readonly RatePart[]): RatePart | undefined {
  return rates.reduce<RatePart | undefined>(
    (least, rate) => (least === undefined || rate.bitsPerSecond < least.bitsPerSecond ? rate : least),
    undefined,
  );
}
