/** Faults that do less than a given one: shorter, on fewer links and members, weaker. Best candidates first. */
import { isLinkFault, type LinkBlock, linksOf, type PlannedFault } from '../model/fault.ts';
import { hasLink, withBlocks } from './smaller-plan.ts';

/** A fault shorter than this says nothing more by being shorter still, ms. */
const SHORTEST_MS = 100;
/** Chances that are worth trying where smaller ones need many chances. */
const LIKELY = [0.5, 0.9] as const;
/** Who has more of a processor than this is hardly starved. */
const MOST_CPU_SHARE = 0.5;
/** A link wider than this is hardly narrow, bit/s. */
const WIDEST = 16_000_000;

/**
 * Each candidate is smaller in what it changes, so that taking one after the other comes to an end. `members`: all of the
 * plan, between whom a link fault may be everywhere.
 */
export function simplerFaults(fault: PlannedFault, members: readonly string[]): readonly PlannedFault[] {
  return [
    ...shorter(fault),
    ...fewerTargets(fault),
    ...fewerLinks(fault, members),
    ...weaker(fault),
    ...rounder(fault),
  ];
}

function shorter(fault: PlannedFault): PlannedFault[] {
  const { atMs, untilMs } = fault;
  const lengthMs = untilMs - atMs;
  const found: PlannedFault[] = [];
  for (const share of [2, 4, 8]) {
    const cutMs = Math.floor(lengthMs / share);
    if (cutMs < SHORTEST_MS || lengthMs - cutMs < SHORTEST_MS) continue;
    found.push({ ...fault, untilMs: untilMs - cutMs }, { ...fault, atMs: atMs + cutMs });
  }
  return found;
}

/** Starts and ends at rounder times, inwards. */
function rounder(fault: PlannedFault): PlannedFault[] {
  const found: PlannedFault[] = [];
  for (const unitMs of [1000, 500, 100]) {
    const atMs = Math.ceil(fault.atMs / unitMs) * unitMs;
    const untilMs = Math.floor(fault.untilMs / unitMs) * unitMs;
    for (const window of [
      { atMs, untilMs },
      { atMs, untilMs: fault.untilMs },
      { atMs: fault.atMs, untilMs },
    ]) {
      const isSame = window.atMs === fault.atMs && window.untilMs === fault.untilMs;
      if (!isSame && window.untilMs - window.atMs >= SHORTEST_MS) found.push({ ...fault, ...window });
    }
  }
  return found;
}

function fewerTargets(fault: PlannedFault): PlannedFault[] {
  if (isLinkFault(fault) || fault.targets.length < 2) return [];
  const { targets } = fault;
  const one = targets.map((name) => ({ ...fault, targets: [name] }));
  return [...one, ...targets.map((name) => ({ ...fault, targets: targets.filter((other) => other !== name) }))];
}

function fewerLinks(fault: PlannedFault, members: readonly string[]): PlannedFault[] {
  if (!isLinkFault(fault)) return [];
  const links = linksOf(fault);
  if (links === 'all') return ofOneMember(members).map((block) => withBlocks(fault, [block]));
  const found: PlannedFault[] = [];
  if (links.length > 1) found.push(...links.map((_, at) => withBlocks(fault, links.toSpliced(at, 1))));
  links.forEach((block, at) => {
    for (const side of ['from', 'to'] as const) {
      if (block[side].length < 2) continue;
      for (const name of block[side]) {
        const less = { ...block, [side]: block[side].filter((other) => other !== name) };
        if (hasLink(less)) found.push(withBlocks(fault, links.with(at, less)));
      }
    }
  });
  return found;
}

/** All that one member sends, and all that is sent to it, for each of them. */
function ofOneMember(members: readonly string[]): LinkBlock[] {
  return members.flatMap((name) => {
    const others = members.filter((other) => other !== name);
    return [
      { from: [name], to: others },
      { from: others, to: [name] },
    ];
  });
}

/** Two digits that count. */
function tidy(value: number): number {
  return Number(value.toPrecision(2));
}

/** Half, as long as that is still something. */
function half(value: number, least: number): number | undefined {
  const less = tidy(value / 2);
  return Math.abs(less) >= least && Math.abs(less) < Math.abs(value) ? less : undefined;
}

function weaker(fault: PlannedFault): PlannedFault[] {
  const found: PlannedFault[] = [];
  const add = (part: Partial<PlannedFault> | undefined): void => {
    if (part !== undefined) found.push({ ...fault, ...part } as PlannedFault);
  };
  const halved = (key: string, value: number, least: number): void => {
    const less = half(value, least);
    if (less !== undefined) add({ [key]: less });
  };
  switch (fault.type) {
    case 'loss':
      if (fault.burst !== undefined) {
        const { burst: _, ...plain } = fault;
        found.push(plain);
      }
      halved('probability', fault.probability, 0.05);
      break;
    case 'duplicate':
    case 'corrupt':
      halved('probability', fault.probability, 0.05);
      break;
    case 'reorder':
      halved('probability', fault.probability, 0.05);
      halved('holdMs', fault.holdMs, 10);
      break;
    case 'delay':
      if (fault.jitterMs > 0) add({ jitterMs: 0 });
      if (fault.delayMs / 2 >= fault.jitterMs) halved('delayMs', fault.delayMs, 10);
      break;
    case 'bandwidth':
      if (2 * fault.bitsPerSecond <= WIDEST) add({ bitsPerSecond: 2 * fault.bitsPerSecond });
      break;
    case 'clock-skew':
      halved('skewMs', fault.skewMs, 10);
      break;
    case 'clock-strobe':
      halved('skewMs', fault.skewMs, 10);
      if (4 * fault.everyMs <= fault.untilMs - fault.atMs) add({ everyMs: tidy(2 * fault.everyMs) });
      break;
    case 'cpu': {
      const share = tidy(2 * fault.share);
      if (share > fault.share && share <= MOST_CPU_SHARE) add({ share });
      break;
    }
    case 'clock-drift':
    case 'timer-drift': {
      const less = half(fault.factor - 1, 0.02);
      if (less !== undefined) add({ factor: Number((1 + less).toFixed(4)) });
      break;
    }
    case 'slow':
      halved('blockMs', fault.blockMs, 10);
      break;
    case 'kill':
      if (fault.restart === 'never') add({ restart: 'without-state' });
      if (fault.restart !== 'with-state') add({ restart: 'with-state' });
      break;
    default:
  }
  return found;
}

/** What comes to pass by chance, made likelier, so that fewer operations meet it; none where it is likely already. */
export function likelierFaults(fault: PlannedFault): readonly PlannedFault[] {
  if (!('probability' in fault)) return [];
  const { probability } = fault;
  return LIKELY.filter((more) => more > probability).map((more) => ({ ...fault, probability: more }));
}
