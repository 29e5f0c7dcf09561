/** The deaths of running members and their end, told in sentences with counts. */
import type { Timeline } from '../harness/model/checker.ts';
import type { BeliefFold, DeathBelief } from './folds/belief-fold.ts';
import { nameList, plural, seconds } from './format.ts';

/** Declarations closer together than this belong to one episode, ns. */
const EPISODE_GAP = 3e9;
const MOST_EPISODES = 6;
const MOST_SENTENCES = 4;

export interface DeathSummary {
  readonly sentences: readonly string[];
  /** Beliefs that a running member was dead: how many began, and how many were held at the end. */
  readonly falseDeaths: number;
  readonly unmended: number;
}

export function tellDeaths(beliefs: BeliefFold, timeline: Timeline): DeathSummary {
  const falseDeaths = beliefs.deaths.filter((death) => death.running).sort((a, b) => a.from - b.from);
  const unmended = falseDeaths.filter((death) => death.until === Number.POSITIVE_INFINITY).length;
  const episodes = episodesOf(falseDeaths);
  const sentences: string[] = [];
  for (const episode of episodes.slice(0, MOST_EPISODES)) sentences.push(...tellEpisode(episode, beliefs, timeline));
  if (episodes.length > MOST_EPISODES)
    sentences.push(`${plural(episodes.length - MOST_EPISODES, 'more such episode')} not told.`);
  if (falseDeaths.length === 0) sentences.push('No running member was declared dead by another.');
  const real = beliefs.deaths.filter((death) => !death.running);
  for (const subject of new Set(real.map((death) => death.subject))) {
    const of = real.filter((death) => death.subject === subject);
    const first = of.reduce((a, b) => Math.min(a, b.from), Number.POSITIVE_INFINITY);
    const last = of.reduce((a, b) => Math.max(a, b.from), 0);
    const observers = new Set(of.map((death) => death.observer)).size;
    sentences.push(
      `${subject} was declared dead while it was down by ${plural(observers, 'member')}, ${between(first, last)}.`,
    );
    if (sentences.length > 30) break;
  }
  if (beliefs.deathsNotKept > 0)
    sentences.push(`${plural(beliefs.deathsNotKept, 'more declaration')} not counted here.`);
  return { sentences, falseDeaths: falseDeaths.length, unmended };
}

function episodesOf(deaths: readonly DeathBelief[]): DeathBelief[][] {
  const episodes: DeathBelief[][] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const death of deaths) {
    if (death.from - last > EPISODE_GAP) episodes.push([]);
    episodes.at(-1)?.push(death);
    last = death.from;
  }
  return episodes;
}

function tellEpisode(episode: readonly DeathBelief[], beliefs: BeliefFold, timeline: Timeline): string[] {
  const order = new Map(beliefs.names.map((name, index) => [name, index]));
  const place = (name: string): number => order.get(name) ?? 0;
  const byObserver = new Map<string, Set<string>>();
  for (const death of episode) {
    const subjects = byObserver.get(death.observer) ?? new Set<string>();
    byObserver.set(death.observer, subjects.add(death.subject));
  }
  // Observers that declared the same members dead are told together: the two sides of a split stand out.
  const sides = new Map<string, { observers: string[]; subjects: string[] }>();
  for (const [observer, set] of byObserver) {
    const subjects = [...set].sort((a, b) => place(a) - place(b));
    const key = subjects.join('\u0000');
    const side = sides.get(key) ?? { observers: [], subjects };
    side.observers.push(observer);
    sides.set(key, side);
  }
  const first = episode[0]?.from ?? 0;
  const last = episode.at(-1)?.from ?? first;
  const sentences: string[] = [];
  const list = [...sides.values()].sort(
    (a, b) => b.observers.length * b.subjects.length - a.observers.length * a.subjects.length,
  );
  if (list.length > MOST_SENTENCES) {
    const subjects = new Set(episode.map((death) => death.subject));
    sentences.push(
      `${plural(byObserver.size, 'member')} declared ${plural(subjects.size, 'running member')} dead, ${between(first, last)} (${plural(episode.length, 'pair')}).`,
    );
  } else {
    for (const side of list) {
      const times = episode.filter((death) => side.observers.includes(death.observer)).map((death) => death.from);
      const observers = nameList(side.observers.sort((a, b) => place(a) - place(b)));
      const from = times.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
      const until = times.reduce((a, b) => Math.max(a, b), 0);
      sentences.push(`${observers} declared ${nameList(side.subjects)} dead ${between(from, until)}, though running.`);
    }
  }
  sentences.push(tellEnd(episode, first, last, timeline));
  return sentences;
}

function tellEnd(episode: readonly DeathBelief[], first: number, last: number, timeline: Timeline): string {
  const held = episode.filter((death) => death.until === Number.POSITIVE_INFINITY).length;
  if (held > 0) return `${plural(held, 'such belief')} of ${episode.length} still held at the end of the history.`;
  const ended = episode.reduce((a, b) => Math.max(a, b.until), 0);
  // The split that made the deaths: the last one that was on while they were declared and ended before the merge.
  const split = timeline.faults
    .filter((fault) => fault.kind === 'partition' && fault.from <= last && fault.until >= first && fault.until <= ended)
    .at(-1);
  const merged =
    split === undefined
      ? ''
      : `, ${seconds(ended - split.until)} after ${split.id.startsWith(split.kind) ? split.id : `${split.kind} ${split.id}`} ended`;
  return `The last such belief ended at ${seconds(ended)}${merged}: the views had merged again.`;
}

function between(first: number, last: number): string {
  if (last - first < 5e7) return `at ${seconds(first)}`;
  return `between ${seconds(first)} and ${seconds(last)}`;
}
