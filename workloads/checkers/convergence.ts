/**
 * Convergence: after the heal the views of all correct members that are up become equal and stay so, within the bound
 * that theory gives; those of a membership protocol also become true: exactly the members that are up, all alive. What
 * changes a map is what clients write, until the heal; what changes a membership is over with the last fault, so there
 * the bound runs from that. Empty maps that are equal show nothing.
 */
import type { CheckContext, Checker, JudgedChannel } from '../../harness/model/checker.ts';
import type { HistoryLine, ViewLine } from '../../harness/model/history.ts';
import type { PropertyResult, Witness } from '../../harness/model/verdict.ts';
import type { Data } from '../../impl/protocol.ts';
import {
  claimOf,
  conclude,
  convergenceBoundMs,
  cutShort,
  liarsOf,
  operationsPlanned,
  unplannedLosses,
  wholeSince,
} from './claims.ts';
import { excuseOf, latenessNote } from './lateness.ts';
import { upAtEnd } from './timeline.ts';
import { firstDifference } from './view-difference.ts';
import { canonical, clock, milliseconds, names, short } from './wording.ts';

interface Answer {
  readonly digest: string;
  readonly life: number;
  readonly time: number;
}

export function createConvergenceChecker(context: CheckContext): Checker {
  const folds = new Map(
    context.channels.filter((channel) => channel.converges).map((channel) => [channel.name, new ViewRounds(channel)]),
  );
  return {
    wants: ['view'],
    line(line: HistoryLine): void {
      if (line.type !== 'view' || context.timeline.healedAt === undefined) return;
      folds.get(line.channel)?.add(line);
    },
    end: () => [...folds.values()].map((fold) => judge(context, fold)).filter((property) => property !== undefined),
  };
}

/** The polls of one channel after the heal. */
class ViewRounds {
  readonly channel: JudgedChannel;
  /** Round -> member -> answer. */
  readonly rounds = new Map<number, Map<string, Answer>>();
  /** The last full views, one for each digest. */
  readonly views = new Map<string, Data>();
  readonly #texts = new Map<string, string>();
  /** The last round with full views; -1 before. */
  fullRound = -1;

  constructor(channel: JudgedChannel) {
    this.channel = channel;
  }

  add(line: ViewLine): void {
    let round = this.rounds.get(line.round);
    if (round === undefined) {
      round = new Map();
      this.rounds.set(line.round, round);
    }
    const digest = line.view === undefined ? line.digest : this.#addFull(line, line.view);
    round.set(line.member, { digest, life: line.life, time: line.time });
  }

  /** The digest that tells it from others: views that differ are not equal, whatever their digests say. */
  #addFull(line: ViewLine, view: Data): string {
    if (line.round > this.fullRound) {
      this.views.clear();
      this.#texts.clear();
    }
    this.fullRound = Math.max(this.fullRound, line.round);
    const text = canonical(view);
    const known = this.#texts.get(line.digest);
    const digest = known === undefined || known === text ? line.digest : `${line.digest} ${line.member}`;
    if (known === undefined) this.#texts.set(line.digest, text);
    if (!this.views.has(digest)) this.views.set(digest, view);
    return digest;
  }
}

interface Rest {
  /** Latest answer of the first round from which on all were equal, ns; undefined when the last round was not. */
  readonly equalAt: number | undefined;
  /** Earliest answer of the last round in which two answers differed, ns. */
  readonly lastUnequalAt: number | undefined;
  /** Two members that differed in that round. */
  readonly pair: readonly [string, string] | undefined;
  readonly pairRound: number;
}

/** Where the rounds came to rest. A round in which somebody's answer is missing proves agreement of nobody. */
function restOf(fold: ViewRounds, members: ReadonlyMap<string, number>): Rest {
  const rounds = [...fold.rounds].sort(([a], [b]) => a - b);
  let equalAt: number | undefined;
  for (let i = rounds.length - 1; i >= 0; i--) {
    const [round, answers] = rounds[i] ?? [0, new Map<string, Answer>()];
    let first: readonly [string, Answer] | undefined;
    let complete = true;
    let earliest = Number.POSITIVE_INFINITY;
    let latest = 0;
    let other: string | undefined;
    for (const [member, life] of members) {
      const answer = answers.get(member);
      if (answer === undefined || answer.life !== life) {
        complete = false;
        continue;
      }
      earliest = Math.min(earliest, answer.time);
      latest = Math.max(latest, answer.time);
      first ??= [member, answer];
      if (answer.digest !== first[1].digest) other ??= member;
    }
    if (other !== undefined && first !== undefined) {
      return { equalAt, lastUnequalAt: earliest, pair: [first[0], other], pairRound: round };
    }
    if (complete) equalAt = latest;
  }
  return { equalAt, lastUnequalAt: undefined, pair: undefined, pairRound: -1 };
}

function judge(context: CheckContext, fold: ViewRounds): PropertyResult | undefined {
  const claimed = claimOf(context, fold.channel, 'convergence');
  if (claimed === undefined) return undefined;
  const { timeline } = context;
  const liars = liarsOf(context, fold.channel.name);
  const up = upAtEnd(timeline);
  const members = new Map([...up].filter(([name]) => !liars.has(name)));
  const cut = context.plan.members.length < 2 ? undefined : cutShort(context);
  const isMap = fold.channel.role === 'map';
  const planned = operationsPlanned(context, fold.channel.name);
  const changes = ['write', 'delete', 'broadcast'].some((f) => planned.has(f));
  const inapplicable = isMap && !changes ? 'the plan has no writes on this channel' : undefined;
  const nothing = { judged: 0, violations: 0, inapplicable, sound: '', broken: '' };
  if (cut !== undefined) return conclude(claimed, { ...nothing, missing: cut });
  if (context.plan.members.length < 2) {
    return conclude(claimed, { ...nothing, inapplicable: 'the plan has one member, which agrees with itself' });
  }
  if (members.size < 2) {
    return conclude(claimed, { ...nothing, missing: `${members.size} correct members were up at the end` });
  }
  const lastRound = Math.max(-1, ...fold.rounds.keys());
  const answers = fold.rounds.get(lastRound) ?? new Map<string, Answer>();
  const silent = [...members].filter(([name, life]) => answers.get(name)?.life !== life).map(([name]) => name);
  const rest = restOf(fold, members);
  const from =
    fold.channel.role === 'membership'
      ? wholeSince(context)
      : Math.max(wholeSince(context), timeline.healedAt ?? Number.POSITIVE_INFINITY);
  const boundMs = convergenceBoundMs(context, fold.channel);
  const overdue = (time: number): boolean => boundMs !== undefined && time - from > boundMs * 1e6;
  const sinceHealMs = (time: number): number => Math.max(0, time - (timeline.healedAt ?? 0)) / 1e6;
  const bound = boundMs === undefined ? 'no bound is known' : `the bound is ${milliseconds(boundMs)}`;
  const lost = unplannedLosses(context);
  const finalTime = Math.max(0, ...[...answers.values()].map((answer) => answer.time));
  const untrue =
    rest.equalAt !== undefined && fold.channel.role === 'membership' && silent.length === 0
      ? untruth(fold, answers, members, up)
      : undefined;
  const details = {
    members: members.size,
    convergenceMs: rest.equalAt === undefined ? null : sinceHealMs(rest.equalAt),
    lastUnequalMs: rest.lastUnequalAt === undefined ? null : sinceHealMs(rest.lastUnequalAt),
    boundMs: boundMs ?? null,
    deadlineMs: context.plan.closing.deadlineMs,
    polls: fold.rounds.size,
  };
  const late = rest.lastUnequalAt !== undefined && overdue(rest.lastUnequalAt);
  const isFalse = untrue !== undefined && overdue(finalTime);
  const missedAt = isFalse ? finalTime : late ? rest.lastUnequalAt : undefined;
  const excuse =
    missedAt === undefined || boundMs === undefined
      ? undefined
      : excuseOf(context, { from, deadline: from + boundMs * 1e6, at: missedAt });
  const isEmpty = isMap && rest.equalAt !== undefined && isEmptyMap(agreedView(fold, answers, members));
  const unread =
    fold.channel.role === 'membership' &&
    rest.equalAt !== undefined &&
    agreedView(fold, answers, members) === undefined;
  const after = (time: number): string =>
    from < (timeline.healedAt ?? 0) && overdue(time)
      ? `${milliseconds((time - from) / 1e6)} after the last fault`
      : `${milliseconds(sinceHealMs(time))} after the heal`;
  const unequal = rest.lastUnequalAt === undefined ? '' : after(rest.lastUnequalAt);
  const broken = late
    ? `views still differed ${unequal}; ${bound}`
    : `the views agreed on what was not so (${untrue?.what}) ${after(finalTime)}; ${bound}`;
  const missing =
    silent.length > 0
      ? `no final view of ${names(silent)}`
      : excuse !== undefined
        ? `${broken}: ${excuse}`
        : rest.equalAt === undefined
          ? `not all equal ${unequal}, when the run ended; ${bound}`
          : untrue !== undefined
            ? `the views agreed on what was not so (${untrue.what}) ${after(finalTime)}, when the run ended; ${bound}`
            : lost.length > 0
              ? `${names(lost)} died without being told to`
              : isEmpty
                ? 'all views are equal, and empty'
                : unread
                  ? 'no view was read in full, so nobody knows whether it is true'
                  : undefined;
  return conclude(claimed, {
    judged: members.size,
    violations: (late || isFalse) && excuse === undefined ? 1 : 0,
    witness: late ? unequalWitness(fold, rest) : untrue?.witness,
    inapplicable,
    missing,
    sound: `all ${members.size} views equal ${milliseconds(details.convergenceMs ?? 0)} after the heal; ${bound}`,
    broken: `${broken}${latenessNote(context)}`,
    details,
  });
}

function unequalWitness(fold: ViewRounds, rest: Rest): Witness | undefined {
  if (rest.pair === undefined) return undefined;
  const [a, b] = rest.pair;
  const answers = fold.rounds.get(rest.pairRound);
  const one = answers?.get(a);
  const other = answers?.get(b);
  if (one === undefined || other === undefined) return undefined;
  const difference = firstDifference(fold.views.get(one.digest), fold.views.get(other.digest));
  const where =
    difference === undefined
      ? 'their digests differ; full views were not read then'
      : `first at ${difference.path}: ${short(difference.left)} and ${short(difference.right)}`;
  return {
    summary: `${a} and ${b} held different views at ${clock(Math.max(one.time, other.time))}; ${where}.`,
    lines: [
      [a, one, difference?.left],
      [b, other, difference?.right],
    ].map(([member, answer, item]) => ({
      type: 'view',
      channel: fold.channel.name,
      round: rest.pairRound,
      member: member as string,
      time: (answer as Answer).time,
      digest: (answer as Answer).digest,
      ...(difference === undefined ? {} : { [difference.path]: item as string }),
    })),
  };
}

/** The view of all, where all agree; undefined where it was not read in full. */
function agreedView(
  fold: ViewRounds,
  answers: ReadonlyMap<string, Answer>,
  members: ReadonlyMap<string, number>,
): Data | undefined {
  const [holder = '?'] = members.keys();
  return fold.views.get(answers.get(holder)?.digest ?? '');
}

function isEmptyMap(view: Data | undefined): boolean {
  return typeof view === 'object' && view !== null && Object.keys(view).length === 0;
}

/** What an agreed membership view has wrong about who is up. */
function untruth(
  fold: ViewRounds,
  answers: ReadonlyMap<string, Answer>,
  members: ReadonlyMap<string, number>,
  up: ReadonlyMap<string, number>,
): { readonly what: string; readonly witness: Witness } | undefined {
  const [holder = '?'] = members.keys();
  const answer = answers.get(holder);
  const view = agreedView(fold, answers, members);
  if (answer === undefined || typeof view !== 'object' || view === null || Array.isArray(view)) return undefined;
  const { alive, suspect } = view as { readonly alive?: Data; readonly suspect?: Data };
  const believed = namesIn(alive);
  const suspected = namesIn(suspect);
  // `name/life`, or the name alone where a protocol knows no lives.
  const isListed = (list: ReadonlySet<string>, [name, life]: readonly [string, number]): boolean =>
    list.has(`${name}/${life}`) || list.has(name);
  const missing = [...members].filter((member) => !isListed(believed, member) && !isListed(suspected, member));
  const real = new Set([...up].flatMap(([name, life]) => [name, `${name}/${life}`]));
  const extra = [...believed, ...suspected].filter((item) => !real.has(item));
  const doubted = [...members].filter((member) => isListed(suspected, member));
  const what =
    missing.length > 0
      ? `${names(missing.map(([name]) => name))} left out though up`
      : extra.length > 0
        ? `${names(extra)} listed though down`
        : doubted.length > 0
          ? `${names(doubted.map(([name]) => name))} suspected though up`
          : undefined;
  if (what === undefined) return undefined;
  return {
    what,
    witness: {
      summary: `At ${clock(answer.time)} the view of ${holder}, like all others, had ${what}.`,
      lines: [{ type: 'view', member: holder, time: answer.time, digest: answer.digest, view: short(canonical(view)) }],
    },
  };
}

function namesIn(list: Data | undefined): Set<string> {
  const items: readonly Data[] = Array.isArray(list) ? list : [];
  return new Set(items.filter((item) => typeof item === 'string'));
}
