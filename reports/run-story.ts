/** All that was folded from one history, and what the caller knows besides: what the page's sections are made of. */
import type { JudgedChannel, Timeline } from '../harness/model/checker.ts';
import type { PlannedFault } from '../harness/model/fault.ts';
import { isLinkFault, linksOf } from '../harness/model/fault.ts';
import type { EnvironmentLine } from '../harness/model/history.ts';
import type { HostClocks } from '../harness/model/host-clocks.ts';
import type { Plan } from '../harness/model/plan.ts';
import type { Surroundings } from '../harness/model/surroundings.ts';
import type { RunVerdict } from '../harness/model/verdict.ts';
import { type RunFrame, shadesOf } from './charts/frame.ts';
import type { AgreementFold } from './folds/agreement-fold.ts';
import type { BeliefFold } from './folds/belief-fold.ts';
import type { ChannelCoverage } from './folds/coverage-fold.ts';
import type { OperationFold, OperationKind } from './folds/operation-fold.ts';
import type { TrafficFold } from './folds/traffic-fold.ts';
import { figure, nameList, percent } from './format.ts';
import type { LegendEntry } from './gallery.ts';
import { faultColour } from './palette.ts';
import type { SpaceTimeInput } from './space-time-selection.ts';

export interface ReportInput {
  readonly plan: Plan;
  readonly verdict: RunVerdict;
  readonly cluster: string;
  readonly channels: readonly JudgedChannel[];
  /** `#rrggbb` by kind of fault. */
  readonly nemesisColours: ReadonlyMap<string, string>;
  readonly repeatCommand: string;
  /** Looks for the smallest plan that breaks what this one broke. */
  readonly shrinkCommand?: string | undefined;
  /** What the simulator saw of a shrunk plan's messages: drawn as a space-time diagram. */
  readonly spaceTime?: SpaceTimeInput | undefined;
  /** Measured beside the history, where it was. */
  readonly surroundings?: Surroundings | undefined;
}

export interface RunStory extends ReportInput {
  readonly timeline: Timeline;
  readonly environment: EnvironmentLine | undefined;
  readonly frame: RunFrame;
  readonly operations: OperationFold;
  readonly operationKinds: readonly OperationKind[];
  /** By channel. */
  readonly beliefs: ReadonlyMap<string, BeliefFold>;
  readonly coverage: readonly ChannelCoverage[];
  readonly traffic: TrafficFold;
  readonly agreement: AgreementFold;
  /** How far times of members on different hosts can be compared. */
  readonly clocks: HostClocks;
}

/** What must stand beside latencies that were measured across hosts; undefined where all members were on one. */
export function crossHostNote({ clocks }: RunStory): string | undefined {
  if (clocks.hosts.length < 2) return undefined;
  const hosts = clocks.hosts.map(({ host, boundMs }) => `${host} ± ${figure(rounded(boundMs))} ms`);
  return (
    `Cross-host latencies ± ${figure(rounded(clocks.mostBetweenMs))} ms: members ran on ${clocks.hosts.length} hosts, whose ` +
    `clocks were compared with the controller's before and after the run (${nameList(hosts, 8)}).`
  );
}

/** Up, never to nothing. */
function rounded(ms: number): number {
  return Math.ceil(ms * 1000) / 1000;
}

/** One line that names a fault's kind, strength and victims. */
export function describeFault(fault: PlannedFault): string {
  const strength = strengthOf(fault);
  const where = isLinkFault(fault) && linksOf(fault) === 'all' ? 'all links' : '';
  const whom = 'targets' in fault ? nameList(fault.targets) : where;
  return [fault.type, strength, whom].filter((part) => part !== '').join(' · ');
}

/** How strong it is, in its own units; empty where there is nothing to say. */
export function strengthOf(fault: PlannedFault): string {
  switch (fault.type) {
    case 'partition': {
      const cut = fault.cuts[0];
      return cut === undefined ? fault.shape : `${fault.shape}: ${nameList(cut.from, 4)} | ${nameList(cut.to, 4)}`;
    }
    case 'loss':
      return `${percent(fault.probability)}${fault.burst === undefined ? '' : `, bursts of ${figure(fault.burst)}`}`;
    case 'duplicate':
    case 'corrupt':
      return percent(fault.probability);
    case 'reorder':
      return `${percent(fault.probability)} held ${figure(fault.holdMs)} ms`;
    case 'delay':
      return `${figure(fault.delayMs)} ± ${figure(fault.jitterMs)} ms`;
    case 'bandwidth':
      return `${figure(fault.bitsPerSecond)} bit/s, queue ${figure(fault.queueMs)} ms`;
    case 'clock-skew':
      return `${figure(fault.skewMs)} ms`;
    case 'clock-strobe':
      return `${figure(fault.skewMs)} ms, every ${figure(fault.everyMs)} ms`;
    case 'cpu':
      return `${percent(fault.share)} of a processor`;
    case 'clock-drift':
    case 'timer-drift':
      return `× ${figure(fault.factor)}`;
    case 'slow':
      return `${figure(fault.blockMs)} of every ${figure(fault.everyMs)} ms`;
    case 'kill':
      return fault.restart === 'never' ? 'for good' : `restart ${fault.restart}`;
    case 'leave':
      return fault.rejoin ? 'and rejoin' : 'for good';
    case 'byzantine':
      return `${fault.behaviour} on ${fault.channel}`;
    case 'pause':
    case 'disk-full':
      return '';
  }
}

/** Members that the plan makes lie, in its order. */
export function liarsOf(plan: Plan): ReadonlySet<string> {
  const lying = new Set(plan.faults.flatMap((fault) => (fault.type === 'byzantine' ? fault.targets : [])));
  return new Set(plan.members.map(({ name }) => name).filter((name) => lying.has(name)));
}

/** The shades behind charts over time, one entry for each kind of fault. */
export function faultLegend(story: RunStory): LegendEntry[] {
  const kinds = [
    ...new Set(shadesOf(story.timeline.faults, story.timeline.healedAt).map((shade) => shade.kind)),
  ].sort();
  const entries: LegendEntry[] = kinds.map((kind) => ({
    colour: faultColour(story.nemesisColours, kind),
    text: kind,
    pale: true,
  }));
  if (story.frame.healS !== undefined) entries.push({ colour: '#009e73', text: 'heal', line: [5, 3] });
  return entries;
}
