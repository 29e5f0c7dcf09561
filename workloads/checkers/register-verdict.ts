/** From one channel's fold of the register history to its properties. */

import type { CheckContext } from '../../harness/model/checker.ts';
import type { PropertyResult } from '../../harness/model/verdict.ts';
import type { Data } from '../../impl/protocol.ts';
import { claimOf, conclude, convergenceBoundMs, cutShort, operationsPlanned, wholeSince } from './claims.ts';
import { excuseOf, latenessNote } from './lateness.ts';
import type { RegisterFold } from './register-fold.ts';
import { DELETE, FAIL, OK, READ, SHOWN_DELETED, SHOWN_UNKNOWN, WRITE } from './register-log.ts';
import { upAtEnd } from './timeline.ts';
import { Violations } from './violations.ts';
import { clock, names, plural, quantiles, short } from './wording.ts';

export function judgeRegister(context: CheckContext, fold: RegisterFold): PropertyResult[] {
  const planned = operationsPlanned(context, fold.channel.name);
  return [
    judgeLost(context, fold, planned),
    judgePhantoms(context, fold, planned),
    judgeStale(context, fold, planned),
    judgeOrder(context, fold, planned),
  ].filter((property) => property !== undefined);
}

/** Correct members whose final view is in the history, and those whose final view is missing. */
interface Finals {
  /** Indexes in the roster. */
  readonly present: readonly number[];
  readonly missing: readonly string[];
  /** Time of the earliest final view, ns. */
  readonly earliest: number;
}

function finalsOf(context: CheckContext, fold: RegisterFold): Finals {
  const present: number[] = [];
  const missing: string[] = [];
  let earliest = Number.POSITIVE_INFINITY;
  for (const [name, life] of upAtEnd(context.timeline)) {
    const member = fold.log.memberIndex.get(name);
    const rows = member === undefined ? undefined : fold.log.rows[member];
    if (member === undefined || rows === undefined || fold.liars.has(name)) continue;
    if (rows.finalRound < 0 || rows.finalLife !== life) missing.push(name);
    else {
      present.push(member);
      earliest = Math.min(earliest, rows.finalAt);
    }
  }
  return { present, missing, earliest };
}

/** A member's final version of a key. A deletion that it applied and then forgot altogether still counts. */
function finalVersion(fold: RegisterFold, member: number, key: number): number {
  const rows = fold.log.rows[member];
  const version = rows?.final.get(key) ?? -1;
  if (version >= 0 || rows === undefined) return version;
  const last = rows.applied.get(key);
  return last >= 0 && fold.isDeletion(last) ? last : -1;
}

/**
 * Lost: acknowledged (or applied, where the client was not told), and in the end no correct member holds that version of
 * the key or a newer one, which is one that causally follows or a concurrent one that wins. Where some hold it and
 * others do not, it counts as lost only once the time for convergence has passed. A write is not obliged when its
 * writer's life ended for good and no other member that is up at the end had applied it.
 */
function judgeLost(
  context: CheckContext,
  fold: RegisterFold,
  planned: ReadonlySet<string>,
): PropertyResult | undefined {
  const claimed = claimOf(context, fold.channel, 'lost-writes');
  if (claimed === undefined) return undefined;
  const { log } = fold;
  const { timeline } = context;
  const finals = finalsOf(context, fold);
  const cut = cutShort(context) ?? (finals.present.length === 0 ? 'no member gave a final view' : undefined);
  const lost = new Violations();
  const keys = log.keys.size;
  // By key: the oldest and the newest of the final versions, and a member that holds the oldest.
  const oldest: number[] = [];
  const newest: number[] = [];
  const laggard: number[] = [];
  for (let key = 0; key < keys; key++) {
    finals.present.forEach((member, i) => {
      const version = finalVersion(fold, member, key);
      if (i === 0 || log.older(version, oldest[key] ?? -1)) {
        oldest[key] = version;
        laggard[key] = member;
      }
      if (i === 0 || log.older(newest[key] ?? -1, version)) newest[key] = version;
    });
  }
  const boundMs = convergenceBoundMs(context, fold.channel);
  const boundNs = (boundMs ?? Number.POSITIVE_INFINITY) * 1e6;
  const whole = wholeSince(context);
  let judged = 0;
  let unobliged = 0;
  let unspread = 0;
  let excuse: string | undefined;
  let isLate = false;
  let unversioned = 0;
  let neverRead = 0;
  const winner: number[] = [];
  for (let slot = 0; slot < log.operations; slot++) {
    if (log.opKind.get(slot) === READ || log.opOutcome.get(slot) === FAIL) continue;
    const version = log.opVersion.get(slot);
    if (version < 0) {
      if (log.opOutcome.get(slot) === OK) unversioned++;
      continue;
    }
    judged++;
    const key = log.opKey.get(slot);
    if (log.older(winner[key] ?? -1, version)) winner[key] = version;
    if (cut !== undefined || !log.older(oldest[key] ?? -1, version)) continue;
    const nobody = log.older(newest[key] ?? -1, version);
    const writer = log.opMember.get(slot);
    const ended = timeline.lifeEndedAt(log.member(writer), log.opLife.get(slot));
    if (ended !== undefined && !finals.present.some((m) => m !== writer && log.holders.has(version, m))) {
      unobliged++;
      continue;
    }
    if (!nobody && finals.earliest < Math.max(whole, log.versionAt.get(version)) + boundNs) {
      unspread++;
      continue;
    }
    if (!nobody) {
      const from = Math.max(whole, log.versionAt.get(version));
      const excused = excuseOf(context, { from, deadline: from + boundNs, at: finals.earliest });
      excuse ??= excused;
      if (excused !== undefined) continue;
      isLate = true;
    }
    lost.add(
      () => {
        const member = log.member(laggard[key] ?? -1);
        const what = log.opKind.get(slot) === DELETE ? 'the deletion' : `the write of ${short(log.valueOf(slot))}`;
        const where = nobody ? 'no correct member' : `not ${member}, though time for convergence has passed,`;
        const at = log.opOutcome.get(slot) === OK ? `acknowledged at ${clock(log.opEndedAt.get(slot))}` : 'applied';
        return `Lost: ${what} to ${log.keys.text(key)} by ${log.member(writer)}, ${at} as version ${log.versions.text(version)}; ${where} holds it or a newer version at the end.`;
      },
      () => [log.invokeLine(slot), log.completionLine(slot), log.finalLine(laggard[key] ?? -1, key)],
    );
  }
  for (let key = 0; key < keys; key++) {
    const version = winner[key] ?? -1;
    if (version >= 0 && log.shownBy.get(version) === -1) neverRead++;
  }
  const missing =
    cut ??
    excuse ??
    (finals.missing.length > 0
      ? `no final view of ${names(finals.missing)}`
      : unspread > 0
        ? `${plural(unspread, 'write')} had not reached every member when the run ended, before the time for convergence was over`
        : unversioned > 0
          ? `${plural(unversioned, 'acknowledged write')} came without a version`
          : judged === 0
            ? 'no write was acknowledged'
            : undefined);
  return conclude(claimed, {
    judged,
    violations: lost.count,
    witness: lost.witness,
    inapplicable: planned.has('write') || planned.has('delete') ? undefined : 'the plan has no writes on this channel',
    missing,
    sound: `all ${plural(judged - unobliged, 'obliged write')} (or newer ones) are in the final view of every correct member`,
    broken: `${lost.count} of ${plural(judged - unobliged, 'obliged write')} lost${isLate ? latenessNote(context) : ''}`,
    details: {
      notObliged: unobliged,
      neverRead,
      halfMs: quantiles(fold.spread.half) ?? null,
      ninetyFivePercentMs: quantiles(fold.spread.most) ?? null,
      allMs: quantiles(fold.spread.all) ?? null,
    },
  });
}

/** What a version was shown with must be what its own write wrote. */
function judgePhantoms(
  context: CheckContext,
  fold: RegisterFold,
  planned: ReadonlySet<string>,
): PropertyResult | undefined {
  const claimed = claimOf(context, fold.channel, 'phantom-values');
  if (claimed === undefined) return undefined;
  const { log, phantoms } = fold;
  // Keys with a write that the client knows no version of, by kind: versions nobody owns may be theirs.
  const openKeys = new Set<number>();
  for (let slot = 0; slot < log.operations; slot++) {
    const kind = log.opKind.get(slot);
    if (kind === READ || log.opOutcome.get(slot) === FAIL || log.opVersion.get(slot) >= 0) continue;
    openKeys.add(log.opKey.get(slot) * 2 + (kind === DELETE ? 1 : 0));
  }
  for (let version = 0; version < log.versions.size; version++) {
    const fault = phantomOf(fold, version, openKeys, context.conditions.schedulingMs);
    if (fault === undefined) continue;
    phantoms.add(
      () => `Version ${log.versions.text(version)} of ${log.keys.text(log.versionKey.get(version))} ${fault}.`,
      () => phantomLines(fold, version),
    );
  }
  const judged = fold.readsShown + fold.viewsShown;
  return conclude(claimed, {
    judged,
    violations: phantoms.count,
    witness: phantoms.witness,
    inapplicable: planned.has('write') || planned.has('delete') ? undefined : 'the plan has no writes on this channel',
    missing: judged === 0 ? 'no read and no final view showed anything' : undefined,
    sound: `every value in ${plural(fold.readsShown, 'read')} and ${plural(fold.viewsShown, 'final entry', 'final entries')} was written`,
    broken: `${plural(phantoms.count, 'value')} shown or applied that nobody wrote so`,
  });
}

/** What is wrong with a version, in words that follow its name; undefined when nothing is. */
function phantomOf(
  fold: RegisterFold,
  version: number,
  openKeys: ReadonlySet<number>,
  slackMs: number,
): string | undefined {
  const { log } = fold;
  const owner = log.versionOp.get(version);
  const shown = log.resolveShown(version);
  const isShown = log.shownBy.get(version) !== -1;
  const key = log.versionKey.get(version);
  const value = isShown ? short(log.shownText(version)) : '';
  if (isShown && shown === SHOWN_UNKNOWN) return `was shown as ${value}, which nobody wrote`;
  if (isShown && shown >= 0 && log.opKey.get(shown) !== key) {
    return `was shown as ${value}, which was written to ${log.keys.text(log.opKey.get(shown))}`;
  }
  if (owner >= 0) {
    const wrote = log.opKind.get(owner) === WRITE ? owner : SHOWN_DELETED;
    if (isShown && shown !== wrote)
      return `was shown as ${value}, and its operation wrote ${short(log.valueOf(owner))}`;
    if (log.opOutcome.get(owner) === FAIL) return 'belongs to an operation that failed, and was applied all the same';
    const asked = log.opInvokedAt.get(owner);
    if (log.versionAt.get(version) + slackMs * 1e6 >= asked) return undefined;
    return `was there at ${clock(log.versionAt.get(version))}, and its operation was asked for at ${clock(asked)}`;
  }
  if (isShown && shown >= 0) {
    const own = log.opVersion.get(shown);
    if (log.opOutcome.get(shown) === FAIL) return `was shown as ${value}, the value of an operation that failed`;
    return own >= 0 ? `was shown as ${value}, which is version ${log.versions.text(own)}` : undefined;
  }
  const deletion = isShown || log.appliedAs.get(version) === 2;
  if (!isShown && log.appliedAs.get(version) < 0) return undefined;
  return openKeys.has(key * 2 + (deletion ? 1 : 0)) ? undefined : 'was applied or shown, and no operation made it';
}

function phantomLines(fold: RegisterFold, version: number): Data[] {
  const { log } = fold;
  const lines: Data[] = [];
  const owner = log.versionOp.get(version);
  if (owner >= 0) lines.push(log.invokeLine(owner));
  const by = log.shownBy.get(version);
  const key = log.versionKey.get(version);
  const text = log.versions.text(version);
  if (by >= 0) {
    const member = log.member(log.opMember.get(by));
    lines.push(log.invokeLine(by), {
      type: 'ok',
      time: log.opEndedAt.get(by),
      member,
      f: 'read',
      value: { value: log.shownText(version), version: text },
    });
  } else if (by <= -2) lines.push(log.finalLine(-2 - by, key));
  else lines.push({ kind: 'apply', key: log.keys.text(key), version: text });
  return lines;
}

function judgeStale(
  context: CheckContext,
  fold: RegisterFold,
  planned: ReadonlySet<string>,
): PropertyResult | undefined {
  const claimed = claimOf(context, fold.channel, 'stale-reads');
  if (claimed === undefined) return undefined;
  const { stale, readsAnswered } = fold;
  return conclude(claimed, {
    judged: readsAnswered,
    violations: stale.count,
    witness: stale.witness,
    inapplicable: planned.has('read') ? undefined : 'the plan has no reads on this channel',
    missing: readsAnswered === 0 ? 'no read was answered' : undefined,
    sound: `none of ${plural(readsAnswered, 'read')} went back behind what its member's life had shown or taken before`,
    broken: `${stale.count} of ${plural(readsAnswered, 'read')} went back behind what their member's life had shown or taken before`,
    details: { behindOthers: fold.behindOthers },
  });
}

function judgeOrder(
  context: CheckContext,
  fold: RegisterFold,
  planned: ReadonlySet<string>,
): PropertyResult | undefined {
  const claimed = claimOf(context, fold.channel, 'version-order');
  if (claimed === undefined) return undefined;
  const { disorder, applies } = fold;
  return conclude(claimed, {
    judged: applies,
    violations: disorder.count,
    witness: disorder.witness,
    inapplicable: planned.has('write') || planned.has('delete') ? undefined : 'the plan has no writes on this channel',
    missing: applies === 0 ? 'no member said that it applied a version' : undefined,
    sound: `no version went back in ${plural(applies, 'application')}, and each stands for one write`,
    broken: `${plural(disorder.count, 'version')} went back or stood for more than one write`,
  });
}
