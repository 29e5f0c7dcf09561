/**
 * One run's report: folds the history while it streams by, and draws at the end. Pure: no clock, no file; memory grows
 * with members, bins and followed items, never with the number of lines.
 */
import type { Timeline } from '../harness/model/checker.ts';
import type { EnvironmentLine, HistoryLine } from '../harness/model/history.ts';
import { HostClocks } from '../harness/model/host-clocks.ts';
import type { Plan } from '../harness/model/plan.ts';
import { AgreementFold } from './folds/agreement-fold.ts';
import { BeliefFold } from './folds/belief-fold.ts';
import { CoverageFold } from './folds/coverage-fold.ts';
import { OperationFold } from './folds/operation-fold.ts';
import { TrafficFold } from './folds/traffic-fold.ts';
import { Gallery } from './gallery.ts';
import { junit } from './junit.ts';
import { page } from './page.ts';
import { reportJson } from './report-json.ts';
import { liarsOf, type ReportInput, type RunStory } from './run-story.ts';

export type { ReportInput } from './run-story.ts';

export interface Report {
  /** A self-contained page. */
  readonly html: string;
  readonly json: string;
  readonly junit: string;
}

export interface ReportBuilder {
  /** Every line of the history, in its order, after the timeline has seen it. */
  line(line: HistoryLine): void;
  end(input: ReportInput): Report;
}

/** Channels of membership that are drawn at most. */
const MOST_BELIEF_CHANNELS = 4;
const MOST_LIVES = 20_000;

export function createReport(plan: Plan, timeline: Timeline): ReportBuilder {
  const operations = new OperationFold(plan);
  const beliefs = new Map<string, BeliefFold>();
  const coverage = new CoverageFold(plan);
  const traffic = new TrafficFold(plan);
  const agreement = new AgreementFold();
  const clocks = new HostClocks();
  let environment: EnvironmentLine | undefined;
  // A channel of membership is known by its first word; what became of members before that must reach it too.
  const lives: Parameters<BeliefFold['member']>[0][] = [];
  let closing = false;

  const beliefsOf = (channel: string): BeliefFold | undefined => {
    let fold = beliefs.get(channel);
    if (fold === undefined && beliefs.size < MOST_BELIEF_CHANNELS) {
      fold = new BeliefFold(plan);
      for (const line of lives) fold.member(line);
      beliefs.set(channel, fold);
    }
    return fold;
  };

  const line = (line: HistoryLine): void => {
    switch (line.type) {
      case 'environment':
        environment = line;
        return;
      case 'invoke':
        operations.invoke(line);
        return;
      case 'ok':
      case 'fail':
      case 'info':
        operations.complete(line);
        return;
      case 'observe':
        if (line.kind === 'status')
          beliefsOf(line.channel)?.status(line.member, line.subject, line.subjectLife, line.status, line.time);
        else coverage.line(line);
        return;
      case 'member':
        if (lives.length < MOST_LIVES) lives.push(line);
        for (const fold of beliefs.values()) fold.member(line);
        return;
      case 'phase':
        if (line.phase === 'final') closing = true;
        if (closing) for (const fold of beliefs.values()) fold.closing();
        return;
      case 'traffic':
        traffic.line(line);
        return;
      case 'view':
        agreement.line(line);
        return;
      case 'clocks':
        clocks.line(line);
        return;
      case 'fault':
      case 'links':
      case 'epoch':
      case 'end':
        return;
    }
  };

  const end = (input: ReportInput): Report => {
    for (const fold of beliefs.values()) fold.finish(timeline.lastTime);
    const operationKinds = operations.kinds();
    const story: RunStory = {
      ...input,
      timeline,
      environment,
      frame: {
        endS: Math.max(1, timeline.lastTime / 1e9),
        healS: timeline.healedAt === undefined ? undefined : timeline.healedAt / 1e9,
        faults: timeline.faults,
        colours: input.nemesisColours,
        liars: liarsOf(plan),
      },
      operations,
      operationKinds,
      beliefs,
      coverage: coverage.channels(timeline),
      traffic,
      agreement,
      clocks,
    };
    const gallery = new Gallery();
    const html = page(story, gallery);
    return { html, json: reportJson(story, gallery), junit: junit(input.verdict, timeline.lastTime / 1e9) };
  };
  return { line, end };
}
