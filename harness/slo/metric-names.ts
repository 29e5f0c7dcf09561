/** Every metric there is: its unit, what it says, and in which scopes it exists. The one list that all others go by. */

/**
 * `workload`: `register/operation_ms`. `channel`: `swim/bytes_per_member_second`. `kind`: one kind of message of a
 * channel, `swim.ping/bytes_per_member_second`. `during`: what began while a fault of that type was on,
 * `during:partition/delivery_ms`.
 */
export type ScopeKind = 'workload' | 'channel' | 'kind' | 'during';

export interface MetricSpec {
  readonly name: string;
  readonly unit: 'ms' | 'bytes/s' | 'messages/s' | '1/h' | 'share' | 'count' | 'ratio';
  /** A distribution with quantiles, or one number. */
  readonly shape: 'distribution' | 'number';
  readonly scopes: readonly ScopeKind[];
  /**
   * What it counts need not happen in a good run (nobody crashed, nobody was accused): without a measurement an SLO on it
   * is left out instead of missed.
   */
  readonly mayBeAbsent?: true;
  readonly doc: string;
}

export const METRICS: readonly MetricSpec[] = [
  {
    name: 'operation_ms',
    unit: 'ms',
    shape: 'distribution',
    scopes: ['workload', 'during'],
    doc: 'Client operations that ended ok: from the planned time (open loop) to the answer.',
  },
  ...(
    [
      ['write_p50_ms', 'half'],
      ['write_p95_ms', '95 %'],
      ['write_all_ms', 'all'],
    ] as const
  ).map(
    ([name, share]) =>
      ({
        name,
        unit: 'ms',
        shape: 'distribution',
        scopes: ['workload', 'during'],
        doc:
          `Writes: from the planned time until ${share} of as many members as were up at the write had applied it. ` +
          'A write that a later one replaced before that has no such time.',
      }) as const,
  ),
  {
    name: 'convergence_ms',
    unit: 'ms',
    shape: 'distribution',
    scopes: ['channel'],
    doc:
      'From the heal to the last answer of the first poll from which on all views agreed; one value per channel that ' +
      'claims convergence. Over all channels: absent when one of them never agreed.',
  },
  {
    name: 'delivery_ms',
    unit: 'ms',
    shape: 'distribution',
    scopes: ['workload', 'channel', 'during'],
    doc: 'Broadcasts: from the planned time to the delivery at each member, the origin included.',
  },
  {
    name: 'detection_ms',
    unit: 'ms',
    shape: 'distribution',
    scopes: ['channel'],
    mayBeAbsent: true,
    doc: 'From a crash to the first declaration of that death at each observer that had not made it before.',
  },
  {
    name: 'first_detection_ms',
    unit: 'ms',
    shape: 'distribution',
    scopes: ['channel'],
    mayBeAbsent: true,
    doc: 'From a crash to the first declaration of that death at any observer.',
  },
  {
    name: 'refutation_ms',
    unit: 'ms',
    shape: 'distribution',
    scopes: ['channel'],
    mayBeAbsent: true,
    doc: 'At each observer: from suspecting (or giving up) a member that was up to holding it alive again.',
  },
  ...(
    [
      ['push_probability', 'share', 'the chance that the member pushes in a round'],
      ['pull_probability', 'share', 'the chance that the member pulls in a round'],
      ['adapted_fanout', 'count', 'the members that it tells or asks at a time'],
      ['usefulness', 'ratio', 'the mean usefulness of the last exchanges that made it change'],
    ] as const
  ).map(
    ([name, unit, what]) =>
      ({
        name,
        unit,
        shape: 'distribution',
        scopes: ['channel'],
        mayBeAbsent: true,
        doc: `Protocols that adapt: ${what}, at each change of a member.`,
      }) as const,
  ),
  {
    name: 'bytes_per_member_second',
    unit: 'bytes/s',
    shape: 'number',
    scopes: ['channel', 'kind'],
    doc: 'Bytes sent, as encoded, per second in which a member was up.',
  },
  {
    name: 'messages_per_member_second',
    unit: 'messages/s',
    shape: 'number',
    scopes: ['channel', 'kind'],
    doc: 'Messages sent per second in which a member was up.',
  },
  {
    name: 'false_suspicions_per_member_hour',
    unit: '1/h',
    shape: 'number',
    scopes: ['channel'],
    doc: 'Times an observer began to suspect a member that was up and not paused, per hour that an observer was up.',
  },
  {
    name: 'false_deaths_per_member_hour',
    unit: '1/h',
    shape: 'number',
    scopes: ['channel'],
    doc: 'Times an observer declared dead a member that was up and not paused, per hour that an observer was up.',
  },
  {
    name: 'redundancy',
    unit: 'ratio',
    shape: 'number',
    scopes: ['channel'],
    doc:
      'Messages received per message needed, on channels that carry clients’ data: one is needed for each write or ' +
      'broadcast that a member took from others. Counts messages of every kind of the channel, digests and ' +
      'acknowledgements included.',
  },
  ...(['ok', 'fail', 'info'] as const).flatMap((type) => {
    const meaning = { ok: 'done', fail: 'certainly not done', info: 'not known' }[type];
    return [
      {
        name: `operations_${type}`,
        unit: 'count',
        shape: 'number',
        scopes: ['workload'],
        doc: `Client operations that ended as ${type}: ${meaning}.`,
      },
      {
        name: `operations_${type}_share`,
        unit: 'share',
        shape: 'number',
        scopes: ['workload'],
        doc: `Share of the client operations that ended which ended as ${type}.`,
      },
    ] as const;
  }),
];

/** Statistics of a distribution, as they stand behind the point in `convergence_ms.p99`. */
export const STATISTICS = ['count', 'mean', 'min', 'p50', 'p90', 'p95', 'p99', 'p999', 'max'] as const;
export type Statistic = (typeof STATISTICS)[number];

const BY_NAME = new Map(METRICS.map((spec) => [spec.name, spec]));

export function metricSpec(name: string): MetricSpec | undefined {
  return BY_NAME.get(name);
}
