/** Of all messages of a run the few that a picture has room for: first those that can have led to the violation. */
import type { HistoryLine } from '../harness/model/history.ts';
import type { Plan } from '../harness/model/plan.ts';
import type { PropertyResult } from '../harness/model/verdict.ts';

/** Times in ns. */
export interface DrawnMessage {
  readonly from: string;
  readonly to: string;
  readonly channel: string;
  readonly kind: string;
  readonly sentAt: number;
  /** Empty: it was lost. */
  readonly deliveredAt: readonly number[];
}

export interface SpaceTimeInput {
  readonly plan: Plan;
  readonly property: PropertyResult;
  /** In the order of sending. */
  readonly messages: readonly DrawnMessage[];
  readonly lines: readonly HistoryLine[];
}

export const MOST_MESSAGES = 80;
export const MOST_MARKS = 160;
/** What is shown after the heal, where little is new, ns. */
const AFTER_HEAL_NS = 2e9;
/** And around a violated moment that lies later still. */
const AROUND_NS = 5e8;

/** The moment at which the violation shows, ns: the latest time that the witness names, or the end of the history. */
export function violatedAt(property: PropertyResult, lines: readonly HistoryLine[]): number {
  const last = lines.at(-1);
  const end = last !== undefined && 'time' in last ? last.time : 0;
  const times = (property.witness?.lines ?? []).flatMap((line) => {
    const time = typeof line === 'object' && line !== null && 'time' in line ? line.time : undefined;
    return typeof time === 'number' && time <= end ? [time] : [];
  });
  return times.length === 0 ? end : Math.max(...times);
}

/** Whether a time lies where a picture looks: up to a little after the heal, and around the violated moment. */
export function windowsOf(plan: Plan, moment: number): (time: number) => boolean {
  const healNs = plan.closing.healAtMs * 1e6;
  const early = Math.max(healNs + AFTER_HEAL_NS, moment <= healNs + 2 * AFTER_HEAL_NS ? moment + AROUND_NS : 0);
  return (time) => time < early || (time >= moment - AROUND_NS && time < moment + AROUND_NS / 5);
}

/**
 * At most `MOST_MESSAGES` in the order in which they came: those from which a path of messages leads to what the witness
 * names (Lamport's happened-before) before others, and among both those nearest to a turning point: a fault's edge, an
 * operation, a change of what a member saw, the violation.
 */
export function selectMessages(
  messages: readonly DrawnMessage[],
  marks: readonly number[],
  property: PropertyResult,
  plan: Plan,
  moment: number,
): readonly DrawnMessage[] {
  if (messages.length <= MOST_MESSAGES) return messages;
  const past = causalPast(messages, witnessed(property, plan), moment);
  const edges = plan.faults.flatMap(({ atMs, untilMs }) => [atMs * 1e6, untilMs * 1e6]);
  const turns = [...new Set([...marks, ...edges, moment])].sort((a, b) => a - b);
  const ranked = messages.map((message, index) => ({
    index,
    isPast: past.has(message) || (message.sentAt >= moment && message.sentAt < moment + AROUND_NS),
    distance: distanceTo(turns, message.sentAt),
  }));
  ranked.sort((a, b) => Number(b.isPast) - Number(a.isPast) || a.distance - b.distance || b.index - a.index);
  const kept = new Set(ranked.slice(0, MOST_MESSAGES).map(({ index }) => index));
  return messages.filter((_, index) => kept.has(index));
}

/** Members that the witness names, or all where it names none. */
function witnessed(property: PropertyResult, plan: Plan): readonly string[] {
  const names = plan.members.map(({ name }) => name);
  const said = new Set<unknown>();
  for (const line of property.witness?.lines ?? []) {
    if (typeof line === 'object' && line !== null) for (const value of Object.values(line)) said.add(value);
  }
  const found = names.filter((name) => said.has(name));
  return found.length === 0 ? names : found;
}

/** Messages that what `members` knew at `moment` can have come from; lost ones to or from those are among them. */
export function causalPast(
  messages: readonly DrawnMessage[],
  members: readonly string[],
  moment: number,
): ReadonlySet<DrawnMessage> {
  const until = new Map(members.map((name) => [name, moment]));
  const arrivals = messages.map((message) => ({ message, at: message.deliveredAt[0] ?? message.sentAt }));
  const past = new Set<DrawnMessage>();
  for (const { message, at } of arrivals.sort((a, b) => b.at - a.at)) {
    const limit = until.get(message.to);
    if (limit === undefined || at > limit) continue;
    past.add(message);
    if (message.deliveredAt.length > 0) until.set(message.from, Math.max(until.get(message.from) ?? 0, message.sentAt));
  }
  return past;
}

function distanceTo(sorted: readonly number[], time: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return Math.min(
    Math.abs(time - (sorted[low] ?? Number.POSITIVE_INFINITY)),
    Math.abs(time - (sorted[low - 1] ?? Number.NEGATIVE_INFINITY)),
  );
}
