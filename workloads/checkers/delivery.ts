/**
 * Judges dissemination in two properties. `delivery`: no broadcast reaches a member's life twice, and none is delivered
 * that was not broadcast so. `coverage`: the share of (broadcast, member) pairs that stay without it, the residue, is no
 * larger than the protocol claims.
 *
 * Coverage is judged over the broadcasts whose spread no fault touched: all members of the plan up, reachable and, where
 * a membership protocol feeds the peers, believed up by all, from the broadcast until the delivery bound has passed.
 * One broadcast's residue counts as one value in [0, 1], because misses inside it hang together; broadcasts that spread
 * at the same time may share partners, so the largest number of them at any time divides the sample (tail-bound.ts). The
 * claim is broken where what was seen, by all together or by one member, has a chance below 1e-9. Such a sample can be
 * small however many broadcasts there are: a residue above the claim is then said to be so, and where its chance is below
 * a hundredth the verdict is `unknown`, because that is evidence neither for the claim nor, at 1e-9, against it.
 */
import type { CheckContext, Checker, JudgedChannel } from '../../harness/model/checker.ts';
import type { HistoryLine } from '../../harness/model/history.ts';
import type { PropertyResult } from '../../harness/model/verdict.ts';
import type { Data } from '../../impl/protocol.ts';
import { BroadcastLog, type Deliver, FAIL } from './broadcast-log.ts';
import { claimOf, conclude, liarsOf, operationsPlanned } from './claims.ts';
import { judgeCoverage } from './coverage.ts';
import { PeerBeliefs } from './peer-beliefs.ts';
import { Violations } from './violations.ts';
import { clock, plural } from './wording.ts';

export function createDeliveryChecker(context: CheckContext): Checker {
  const roster = context.plan.members.map((member) => member.name);
  // A map may disseminate too, and then promises it.
  const channels = context.channels.filter(
    (channel) => channel.role === 'dissemination' || (channel.role === 'map' && promises(channel)),
  );
  const folds = new Map(channels.map((channel) => [channel.name, new DeliveryFold(context, channel, roster)]));
  const membership = new Set(context.channels.filter(({ role }) => role === 'membership').map(({ name }) => name));
  const beliefs = membership.size > 0 && folds.size > 0 ? new PeerBeliefs(roster) : undefined;
  const all = [...folds.values()];
  return {
    wants: ['invoke', 'ok', 'fail', 'info', 'observe', 'member'],
    line(line: HistoryLine): void {
      switch (line.type) {
        case 'invoke':
          if (line.f === 'broadcast') folds.get(line.channel)?.log.invoke(line);
          break;
        case 'ok':
        case 'fail':
        case 'info':
          for (const fold of all) if (fold.log.complete(line)) break;
          break;
        case 'observe':
          if (line.kind === 'deliver') folds.get(line.channel)?.deliver(line);
          else if (line.kind === 'broadcast') folds.get(line.channel)?.log.accept(line);
          else if ((line.kind === 'status' || line.kind === 'recall') && membership.has(line.channel))
            beliefs?.status(line);
          break;
        case 'member':
          if (line.event !== 'up') break;
          // The first boot has nothing to forget, and what it learns at once may stand before its own line.
          if (line.life > 1 || (line.boot ?? 1) > 1) beliefs?.boot(line.member, line.time);
          for (const fold of all) fold.boot(line.member, line.life);
          break;
        default:
      }
    },
    end: () =>
      all.flatMap((fold) =>
        [fold.judge(context), judgeCoverage(context, fold.channel, fold.log, beliefs)].filter(
          (property) => property !== undefined,
        ),
      ),
  };
}

function promises(channel: JudgedChannel): boolean {
  return channel.claims.some(({ property }) => property === 'delivery' || property === 'coverage');
}

class DeliveryFold {
  readonly channel: JudgedChannel;
  readonly log: BroadcastLog;
  readonly #liars: ReadonlySet<string>;
  readonly #violations = new Violations();
  #deliveries = 0;

  constructor(context: CheckContext, channel: JudgedChannel, roster: readonly string[]) {
    this.channel = channel;
    this.log = new BroadcastLog(roster);
    this.#liars = liarsOf(context, channel.name);
  }

  boot(memberName: string, life: number): void {
    const member = this.log.memberIndex.get(memberName);
    if (member !== undefined) this.log.boot(member, life);
  }

  deliver(line: Deliver): void {
    const { log } = this;
    const member = log.memberIndex.get(line.member);
    if (member === undefined || this.#liars.has(line.member)) return;
    this.#deliveries++;
    const { instance, twice, differs } = log.deliver(line, member);
    const who = `${line.member} (life ${line.life})`;
    const lines = () => [log.firstLine(instance), line as Data];
    if (twice) {
      this.#violations.add(() => `${who} delivered ${log.name(instance)} twice, again at ${clock(line.time)}.`, lines);
    } else if (differs && !this.#liars.has(line.origin)) {
      const first = log.values.text(log.firstValue.get(instance));
      this.#violations.add(
        () => `${who} delivered ${log.name(instance)} as ${JSON.stringify(line.value)}, others as ${first}.`,
        lines,
      );
    }
  }

  judge(context: CheckContext): PropertyResult | undefined {
    const claimed = claimOf(context, this.channel, 'delivery');
    if (claimed === undefined) return undefined;
    const { log } = this;
    for (let instance = 0; instance < log.instances; instance++) {
      const value = log.firstValue.get(instance);
      if (value < 0 || this.#liars.has(log.origin[instance] ?? '')) continue;
      const slot = log.instanceOp.get(instance);
      const text = log.values.text(value);
      const member = log.member(log.firstMember.get(instance));
      const what = `${member} delivered ${log.name(instance)} as ${text} at ${clock(log.firstAt.get(instance))}`;
      if (slot < 0) {
        if (log.claimUnanswered(instance) >= 0) continue;
        this.#violations.add(
          () => `${what}, which its origin never broadcast.`,
          () => [log.firstLine(instance)],
        );
      } else if (log.opValue.get(slot) !== value) {
        this.#violations.add(
          () => `${what}, but its origin broadcast ${log.values.text(log.opValue.get(slot))}.`,
          () => [log.invokeLine(slot), log.firstLine(instance)],
        );
      } else if (log.opOutcome.get(slot) === FAIL) {
        this.#violations.add(
          () => `${what}, though its origin had refused to broadcast it.`,
          () => [log.invokeLine(slot), log.firstLine(instance)],
        );
      } else if (log.cameEarly(instance, context.conditions.schedulingMs)) {
        this.#violations.add(
          () => `${what} before it was asked for at ${clock(log.opInvokedAt.get(slot))}.`,
          () => [log.invokeLine(slot), log.firstLine(instance)],
        );
      }
    }
    for (const conflict of log.conflicts) {
      if (this.#liars.has(log.member(log.opMember.get(conflict.slot)))) continue;
      this.#violations.add(
        () => `An origin contradicts itself: ${log.conflictText(conflict)}.`,
        () => [log.invokeLine(conflict.slot), log.firstLine(conflict.instance)],
      );
    }
    const planned = operationsPlanned(context, this.channel.name).has('broadcast');
    return conclude(claimed, {
      judged: this.#deliveries,
      violations: this.#violations.count,
      witness: this.#violations.witness,
      inapplicable: planned ? undefined : 'the plan has no broadcasts on this channel',
      missing: this.#deliveries === 0 ? 'nothing was delivered' : undefined,
      sound: `none of ${plural(this.#deliveries, 'delivery', 'deliveries')} came twice or was invented`,
      broken: `${this.#violations.count} of ${plural(this.#deliveries, 'delivery', 'deliveries')} came twice or were invented`,
      details: { broadcasts: log.operations, deliveries: this.#deliveries },
    });
  }
}
