/** What `hearsay predict` expects of the figures of `hearsay capacity`, wherever it has a closed form for them. */
import { roundsUntilAll } from '../../impl/theory/rounds-distribution.ts';
import type { Expectation } from '../capacity/capacity.ts';
import type { Plan, PlannedChannel } from '../model/plan.ts';
import { type Prediction, predict, type SpreadPrediction } from './predict-figures.ts';

/** What the dashed lines stand for, and how far they may be trusted. */
export const THEORY_NOTES: readonly string[] = [
  'Spreading (rumor: delivery_ms; anti-entropy and push: write_all_ms) is expected in lock-step rounds of the ' +
    "protocol's interval, without loss, from hearsay predict. Members' own rounds are not in step: who has just heard " +
    'acts before a full interval is over, so that what is measured lies below.',
  'write_all_ms leaves out writes that a later one replaced before all had them, which favours the quick ones.',
  'Messages of swim are expected as its probes and their answers; joining and the exchanges of whole states come on top. ' +
    'Messages of anti-entropy are expected as digests and answers while nothing is new; entries come on top.',
  'There is no closed form for what the others take, nor for bytes, which grow with what the messages carry.',
];

/** Of one plan; none where theory is silent. The plan has no faults. */
export function expectationsOf(plan: Plan): Expectation[] {
  const members = plan.members.length;
  const expected: Expectation[] = [];
  const add = (scope: string, figure: string, value: number | null | undefined): void => {
    if (value === null || value === undefined) return;
    expected.push({ members, scope, figure, value });
    // Alone in its plan, a channel is all there is.
    if (plan.channels.length === 1) expected.push({ members, scope: '', figure, value });
  };
  for (const channel of plan.channels) {
    if (channel.protocol === 'swim') {
      add(channel.name, 'messages_per_member_second', predictionOf(channel, members).detection.messagesPerSecond);
    } else if (channel.protocol === 'rumor') {
      const [prediction, spread] = spreadOf(channel, members);
      // A delivery is that of any one member, so the share that knows is the distribution of its round.
      add(channel.name, 'delivery_ms.p50', atShare(spread, 0.5, prediction.intervalMs));
      add(channel.name, 'delivery_ms.p99', atShare(spread, 0.99, prediction.intervalMs));
    } else if (channel.protocol === 'anti-entropy' || channel.protocol === 'push') {
      const [prediction, spread] = spreadOf(channel, members);
      // Measured by workload: with a second channel under it, it would be no one's.
      const loads = plan.workloads.filter(({ name }) => name === 'register');
      if (loads.length === 1 && loads[0]?.channel === channel.name) {
        const { fanout, intervalMs } = prediction;
        const { median, p99 } = roundsUntilAll({ n: members, mode: spread.mode, fanout, loss: 0 });
        add('register', 'write_all_ms.p50', median === undefined ? undefined : median * intervalMs);
        add('register', 'write_all_ms.p99', p99 === undefined ? undefined : p99 * intervalMs);
      }
      const idle = prediction.variants.find(({ name }) => name === channel.protocol);
      if (idle !== undefined && channel.settings.mode === 'push-pull') {
        add(channel.name, 'messages_per_member_second', idle.idleMessagesPerSecond);
      }
    }
  }
  return expected;
}

function predictionOf({ settings }: PlannedChannel, nodes: number): Prediction {
  const [prediction] = predict({
    nodes: [nodes],
    fanouts: [number(settings.fanout, 1)],
    losses: [0],
    intervalsMs: [number(settings.intervalMs ?? settings.probeIntervalMs, 1000)],
    failed: 0,
    reliability: 0.99,
    updateBytes: 500,
    keys: 100,
    digestBytes: 40,
    k: number(settings.k, 6),
    indirectProbes: number(settings.indirectProbes, 0),
  });
  if (prediction === undefined) throw new TypeError('one size gave no prediction');
  return prediction;
}

function spreadOf(channel: PlannedChannel, nodes: number): readonly [Prediction, SpreadPrediction] {
  const prediction = predictionOf(channel, nodes);
  const mode = channel.settings.mode ?? 'push';
  const spread = prediction.spread.find((each) => each.mode === mode);
  if (spread === undefined) throw new TypeError(`${channel.name} spreads in no known mode`);
  return [prediction, spread];
}

/** ms until the expected share of members that know has reached `share`; undefined: it does not get there. */
function atShare(spread: SpreadPrediction, share: number, intervalMs: number): number | undefined {
  const round = spread.coverage.findIndex((coverage) => coverage >= share);
  return round < 0 ? undefined : round * intervalMs;
}

function number(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}
