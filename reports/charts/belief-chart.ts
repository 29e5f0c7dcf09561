/** The membership matrix over time: a strip per observer and subject, or counts where there are too many pairs. */
import type { Chart } from '../chart.ts';
import type { BeliefFold } from '../folds/belief-fold.ts';
import { INK } from '../palette.ts';
import { plain, shorten } from '../text.ts';
import { background, type Layer, laneLabels, memberLabel, type RunFrame, round, timeAxis } from './frame.ts';

/** Dead is drawn tallest and alive thinnest, so that the strips read without colours too. */
const HEIGHT_SHARE = { alive: 0.42, suspect: 0.7, dead: 1, left: 0.25 } as const;

/** Pairs that have any belief to show, grouped by subject: "what the others thought of n4". */
export function beliefStrips(frame: RunFrame, beliefs: BeliefFold, id: string): Chart {
  const names = beliefs.names;
  const lanePx = names.length > 7 ? 7 : 9;
  const gapPx = 8;
  const groupPx = (names.length - 1) * lanePx + gapPx;
  const height = names.length * groupPx;
  const place = (observer: string, subject: string): number => {
    const s = names.indexOf(subject);
    const o = names.indexOf(observer);
    return s * groupPx + gapPx / 2 + (o > s ? o - 1 : o) * lanePx;
  };
  const values = beliefs.segments.map((segment) => {
    const top = place(segment.observer, segment.subject);
    const tall = lanePx * HEIGHT_SHARE[segment.status];
    const from = round(segment.from / 1e9);
    const until = round(Math.min(frame.endS, segment.until / 1e9));
    return {
      t: from,
      u: Math.max(until, from + 0.01),
      y: round(top + (lanePx - tall) / 2),
      z: round(top + (lanePx + tall) / 2),
      s: segment.status,
      d: plain(
        `${segment.observer} held ${segment.subject} ${segment.status}, ${from.toFixed(1)} to ${until.toFixed(1)} s`,
      ),
    };
  });
  const yScale = { domain: [0, height], range: [0, height], nice: false, zero: false };
  const marks = (['alive', 'left', 'suspect', 'dead'] as const).map(
    (status): Layer => ({
      data: { values: values.filter((value) => value.s === status) },
      mark: { type: 'rect', color: INK[status] },
      encoding: {
        x: timeAxis(frame),
        x2: { field: 'u' },
        y: { field: 'y', type: 'quantitative', scale: yScale, axis: null },
        y2: { field: 'z' },
        ...(status === 'alive' ? {} : { description: { field: 'd' } }),
      },
    }),
  );
  const groups = names.map((_, index) => ({ y: index * groupPx, t: 0 }));
  const separators: Layer = {
    data: { values: groups },
    mark: { type: 'rule', color: '#d8d8d8' },
    encoding: { y: { field: 'y', type: 'quantitative', scale: yScale, axis: null } },
  };
  return {
    id,
    label: `What each member believed of each other one over time, one strip per pair, grouped by subject`,
    heightPx: height,
    layers: [
      ...background(frame),
      separators,
      laneLabelsAt(
        names.map((name) => memberLabel(frame, name)),
        groupPx,
        yScale,
      ),
      ...marks,
    ],
  };
}

function laneLabelsAt(names: readonly string[], groupPx: number, scale: Layer): Layer {
  const labels = laneLabels(names);
  const values = names.map((name, index) => ({ y: (index + 0.5) * groupPx, name: shorten(`of ${plain(name)}`, 16) }));
  const y = { field: 'y', type: 'quantitative', scale, axis: null };
  return { ...labels, data: { values }, encoding: { ...(labels.encoding as Layer), y } };
}

/** Pairs by belief: what was believed of members that ran, or of members that were down. */
export function beliefCounts(frame: RunFrame, beliefs: BeliefFold, running: boolean, id: string): Chart | undefined {
  const values = beliefs.counts
    .filter((count) => count.running === running && count.status !== 'left')
    .map((count) => ({ t: round(count.time / 1e9), y: count.pairs, s: count.status }));
  if (values.every((value) => value.y === 0)) return undefined;
  return {
    id,
    label: `Beliefs about ${running ? 'running' : 'crashed'} members over time, in pairs of observer and subject`,
    heightPx: 150,
    layers: [
      ...background(frame),
      ...(['alive', 'suspect', 'dead'] as const).map(
        (status): Layer => ({
          data: { values: values.filter((value) => value.s === status) },
          mark: {
            type: 'line',
            interpolate: 'step-after',
            color: INK[status],
            strokeWidth: 2,
            ...(status === 'suspect' ? { strokeDash: [6, 2] } : {}),
          },
          encoding: {
            x: timeAxis(frame),
            y: {
              field: 'y',
              type: 'quantitative',
              axis: { title: 'pairs', tickCount: 5, format: 'd' },
              scale: { zero: true },
            },
          },
        }),
      ),
    ],
  };
}
