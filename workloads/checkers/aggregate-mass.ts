/**
 * Mass conservation, as a ledger: the two sides of an exchange are each other's negation and take effect once; a
 * participant ends an epoch with its input and what exchanges brought; an exchange of which only one side took effect is
 * one that its initiator still has pending when it ends the epoch. Whoever did not end the epoch (a crash, the end of the
 * run) says nothing about what it had pending.
 */
import type { CheckContext, JudgedChannel } from '../../harness/model/checker.ts';
import type { PropertyResult } from '../../harness/model/verdict.ts';
import type { Data } from '../../impl/protocol.ts';
import type { AggregateLog, Epoch, Exchange, TransferLine } from './aggregate-log.ts';
import { claimOf, conclude, operationsPlanned } from './claims.ts';
import { Violations } from './violations.ts';
import { clock, plural } from './wording.ts';

/** Additions in another order differ in their last bits: this share of what was added up. */
const ROUNDING = 1e-9;

export function judgeMass(
  context: CheckContext,
  channel: JudgedChannel,
  log: AggregateLog,
): PropertyResult | undefined {
  const claimed = claimOf(context, channel, 'mass-conservation');
  if (claimed === undefined) return undefined;
  const violations = new Violations();
  let exchanges = 0;
  let pending = 0;
  for (const [number, epoch] of log.epochs) {
    exchanges += epoch.exchanges.size;
    for (const { what, lines } of epoch.repeated) {
      violations.add(
        () => `${what}, at ${clock(lines[0].time)} and at ${clock(lines[1].time)}.`,
        () => lines as readonly Data[],
      );
    }
    pending += judgeExchanges(number, epoch, violations);
    judgeBalances(number, epoch, violations);
  }
  const planned = operationsPlanned(context, channel.name).size > 0;
  const alone = context.plan.members.length < 2;
  return conclude(claimed, {
    judged: exchanges,
    violations: violations.count,
    witness: violations.witness,
    inapplicable: !planned
      ? 'the plan has no inputs on this channel'
      : alone
        ? 'there is nobody to exchange anything with'
        : undefined,
    missing: exchanges === 0 ? 'nothing was exchanged' : undefined,
    sound: `${plural(exchanges, 'exchange')} in ${plural(log.epochs.size, 'epoch')} took from one member what they gave another, ${pending} of them pending when their epoch ended`,
    broken: `mass was lost or made ${plural(violations.count, 'time')} in ${plural(exchanges, 'exchange')}`,
    details: { epochs: log.epochs.size, exchanges, pending },
  });
}

/** How many one-sided exchanges were pending as their initiators say. */
function judgeExchanges(number: number, epoch: Epoch, violations: Violations): number {
  const oneSided = new Map<string, Exchange[]>();
  for (const exchange of epoch.exchanges.values()) {
    const { started, initiator, answered: answers } = exchange;
    const [answered] = answers;
    if (started === undefined || answered === undefined) {
      const list = oneSided.get(initiator);
      if (list === undefined) oneSided.set(initiator, [exchange]);
      else list.push(exchange);
      continue;
    }
    if (answers.some((answer) => surplusOf(started, answer) === undefined)) continue;
    const made = surplusOf(started, answered) ?? 'value';
    violations.add(
      () =>
        `In exchange ${started.exchange} of epoch ${number}, ${started.member} got ${started[made]} of ${made} and ${answered.member} ${answered[made]}: they do not add up to nothing.`,
      () => [started as Data, answered as Data],
    );
  }
  let pending = 0;
  for (const [initiator, exchanges] of oneSided) {
    const final = epoch.finals.get(initiator);
    if (final === undefined) continue;
    pending += Math.min(exchanges.length, final.pending);
    const lost = exchanges.length - final.pending;
    if (lost <= 0) continue;
    violations.add(
      () =>
        `${initiator} ended epoch ${number} at ${clock(final.time)} with ${final.pending} exchanges pending, but of ${exchanges.length} that it had started one side only took effect: what ${lost} moved is lost or made up.`,
      () => [...exchanges.map(({ started, answered }) => (started ?? answered[0]) as Data), final as Data],
    );
  }
  return pending;
}

/** What the two sides of an exchange do not cancel out in; undefined: they are each other's negation. */
function surplusOf(started: TransferLine, answered: TransferLine): 'value' | 'weight' | 'part' | undefined {
  return (['value', 'weight', 'part'] as const).find((kind) => !isZero(started[kind] + answered[kind], started[kind]));
}

function judgeBalances(number: number, epoch: Epoch, violations: Violations): void {
  for (const [who, final] of epoch.finals) {
    const entry = epoch.entries.get(who);
    const balance = epoch.balances.get(who) ?? { value: 0, weight: 0, part: 0, turnover: 0 };
    const owed = {
      value: (entry?.input ?? 0) + balance.value,
      weight: (entry === undefined ? 0 : 1) + balance.weight,
      part: (entry?.part ?? 0) + balance.part,
    };
    const scale = Math.abs(entry?.input ?? 0) + 2 + balance.turnover;
    const wrong = (['value', 'weight', 'part'] as const).find((kind) => !isZero(final[kind] - owed[kind], scale));
    if (wrong === undefined) continue;
    violations.add(
      () =>
        `${who} ended epoch ${number} at ${clock(final.time)} with ${final[wrong]} of ${wrong}, but its input and its exchanges come to ${owed[wrong]}.`,
      () => [entry as Data | undefined, final as Data],
    );
  }
}

function isZero(difference: number, scale: number): boolean {
  return Math.abs(difference) <= ROUNDING * Math.abs(scale);
}
