/**
 * The arguments of tc's netem (iproute2 6.1, tc-netem(8); kernel net/sched/sch_netem.c). Never a correlated loss
 * (`loss 10% 25%` loses about 2 %), and a burst is Gilbert-Elliott with a bad state that loses everything.
 */
import type { NetemStage } from './placement.ts';

/** Everything netem knows that is of use here; times in ms, shares in [0, 1]. */
export interface NetemOptions {
  /** Packets held at most. */
  readonly limit?: number;
  readonly delayMs?: number;
  readonly jitterMs?: number;
  /** How jitter is distributed; absent: uniform in [-jitterMs, +jitterMs]. Needs iproute2's tables. */
  readonly distribution?: 'normal' | 'pareto' | 'paretonormal';
  readonly loss?: number;
  /** Share lost in the long run, and how many in a row on average. */
  readonly burstLoss?: { readonly probability: number; readonly burst: number };
  /** One bit anywhere in the frame; one in the sender's hardware address harms nothing (6 bytes of each frame). */
  readonly corrupt?: number;
  /** Kernels from 6.16 (and stable ones of 2025) refuse it where more than one netem is in the tree. */
  readonly duplicate?: number;
  /** Share held back by `delayMs`; all others pass at once. */
  readonly heldBack?: number;
  readonly bitsPerSecond?: number;
  /** Packets leave in slots: in bunches, every so often. */
  readonly slot?: { readonly minMs: number; readonly maxMs: number; readonly packets?: number };
}

/** netem's own default of 1000 packets would drop what a long delay holds. */
const LIMIT_PACKETS = 100_000;

export function netemArguments(options: NetemOptions): string {
  const words = ['netem', 'limit', String(options.limit ?? LIMIT_PACKETS)];
  if (options.delayMs !== undefined) {
    words.push('delay', time(options.delayMs));
    if (options.jitterMs !== undefined && options.jitterMs > 0) {
      words.push(time(options.jitterMs));
      if (options.distribution !== undefined) words.push('distribution', options.distribution);
    }
  }
  if (options.burstLoss !== undefined) {
    const { probability, burst } = options.burstLoss;
    const leave = 1 / burst;
    const enter = Math.min(1, (leave * probability) / (1 - probability));
    words.push('loss', 'gemodel', percent(enter), percent(leave), '100%', '0%');
  } else if (options.loss !== undefined) {
    words.push('loss', 'random', percent(options.loss));
  }
  if (options.corrupt !== undefined) words.push('corrupt', percent(options.corrupt));
  if (options.duplicate !== undefined) words.push('duplicate', percent(options.duplicate));
  // tc's reorder is the share that passes at once.
  if (options.heldBack !== undefined) words.push('reorder', percent(1 - options.heldBack));
  if (options.bitsPerSecond !== undefined) words.push('rate', `${Math.round(options.bitsPerSecond)}bit`);
  if (options.slot !== undefined) {
    words.push('slot', time(options.slot.minMs), time(options.slot.maxMs));
    if (options.slot.packets !== undefined) words.push('packets', String(options.slot.packets));
  }
  return words.join(' ');
}

export function stageArguments(stage: NetemStage): string {
  return netemArguments({
    ...(stage.delay === undefined ? {} : { delayMs: stage.delay.delayMs, jitterMs: stage.delay.jitterMs }),
    ...(stage.reorder === undefined ? {} : { delayMs: stage.reorder.holdMs, heldBack: stage.reorder.probability }),
    ...(stage.burst === undefined ? {} : { burstLoss: stage.burst }),
    ...(stage.loss === undefined ? {} : { loss: stage.loss }),
    ...(stage.corrupt === undefined ? {} : { corrupt: stage.corrupt }),
    ...(stage.duplicate === undefined ? {} : { duplicate: stage.duplicate }),
  });
}

/** tc reads whole microseconds. */
function time(ms: number): string {
  return `${Math.round(ms * 1000)}us`;
}

/** Seven digits are finer than the kernel's 32 bits can tell for any share that a plan may ask for. */
function percent(share: number): string {
  return `${Number((share * 100).toFixed(7))}%`;
}
