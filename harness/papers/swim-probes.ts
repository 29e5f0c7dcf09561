/**
 * SWIM's failure detector alone, in lock-step periods: the protocol `swim` itself, driven through its contract, with all
 * news held back, so that every probe is judged by what its own messages did. A suspicion is taken back at once, as if
 * refuted: the next probe of the same member counts anew.
 */
import type { Context, Data } from '../../impl/protocol.ts';
import { settingsOf } from '../../impl/protocol.ts';
import { swim } from '../../impl/swim/swim.ts';
import { split } from '../model/rng.ts';
import { FastRandom } from '../spread/fast-random.ts';

export interface ProbeRequest {
  readonly n: number;
  /** q_ml: chance that a message arrives. */
  readonly arrives: number;
  /** k. */
  readonly indirect: number;
  readonly periods: number;
  readonly seed: string;
}

export interface ProbeCounts {
  /** Suspicions of members, all of which are alive. */
  readonly falseSuspicions: number;
  readonly probes: number;
  /** Pairs of a member and a period in which somebody probed it. */
  readonly probedMemberPeriods: number;
}

type State = ReturnType<typeof swim.init>;
type Message = Parameters<typeof swim.kindOf>[0];

interface Host {
  readonly name: string;
  readonly index: number;
  readonly context: Context<Message, ReturnType<typeof settings>>;
  readonly state: State;
  /** Of the running period, as the protocol set it. */
  indirectTimer: Data;
}

interface Envelope {
  readonly from: Host;
  readonly to: Host;
  readonly message: Message;
}

const NO_UPDATES: Message['u'] = [];

function settings(indirect: number) {
  return { ...settingsOf(swim.settings, 'default'), indirectProbes: indirect };
}

export function playProbes(request: ProbeRequest): ProbeCounts {
  const { n, periods, seed } = request;
  const lossy = new FastRandom(seed, 'swim', 'loss');
  const roster = Array.from({ length: n }, (_, index) => `n${index + 1}`);
  const mail: Envelope[] = [];
  const byName = new Map<string, Host>();
  const chosen = settings(request.indirect);
  let now = 0;
  let setUp = true;
  let falseSuspicions = 0;
  let probes = 0;
  let probedMemberPeriods = 0;
  const probedIn = new Int32Array(n).fill(-1);
  /** Suspicions to take back, once the step that made them is over. */
  const accused: { readonly by: Host; readonly name: string; readonly incarnation: number }[] = [];

  for (const [index, name] of roster.entries()) {
    const context: Host['context'] = {
      self: name,
      life: 1,
      roster,
      settings: chosen,
      random: split(seed, 'swim', name),
      peers: { count: n - 1, sample: () => [], has: () => true },
      now: () => now,
      monotonic: () => now,
      send(to, message) {
        const target = byName.get(to);
        if (setUp || target === undefined) return;
        mail.push({ from: host, to: target, message });
      },
      stream: () => undefined,
      setTimer(_delayMs, timer) {
        if (typeof timer === 'object' && timer !== null && 't' in timer && timer.t === 'indirect')
          host.indirectTimer = timer;
      },
      persist: () => undefined,
      reply: () => undefined,
      reach: () => undefined,
      announce: () => undefined,
      emit(observation) {
        if (observation.kind !== 'status' || observation.status !== 'suspect') return;
        falseSuspicions++;
        accused.push({ by: host, name: observation.subject, incarnation: observation.incarnation });
      },
    };
    const host: Host = { name, index, context, state: swim.init(context), indirectTimer: null };
    byName.set(name, host);
  }
  const hosts = [...byName.values()];

  const hear = (host: Host, from: string, message: Message): void =>
    swim.handle(host.state, { type: 'message', from, fromLife: 1, message }, host.context);

  const refuteAll = (): void => {
    for (const { by, name, incarnation } of accused) hear(by, name, { k: 'news', i: incarnation + 1, u: NO_UPDATES });
    accused.length = 0;
  };

  /** Everything on its way arrives or is lost, and so does what is sent in answer. */
  const deliver = (period: number): void => {
    for (let at = 0; at < mail.length; at++) {
      const { from, to, message } = mail[at] as Envelope;
      if (lossy.next() >= request.arrives) continue;
      hear(to, from.name, { ...message, u: NO_UPDATES });
    }
    mail.length = 0;
    if (accused.length > 0) throw new Error(`a message made a suspicion in period ${period}`);
  };

  for (const host of hosts) {
    swim.handle(host.state, { type: 'start', restored: undefined, seeds: [] }, host.context);
    for (const other of hosts) if (other !== host) hear(host, other.name, { k: 'news', i: 0, u: NO_UPDATES });
  }
  setUp = false;

  for (let period = 0; period < periods; period++) {
    now = period * chosen.probeIntervalMs;
    for (const host of hosts) {
      swim.handle(host.state, { type: 'timer', timer: { t: 'probe' } }, host.context);
      refuteAll();
    }
    // At this point every message on its way is the ping of a probe.
    for (const { to } of mail) {
      probes++;
      if (probedIn[to.index] !== period) probedMemberPeriods++;
      probedIn[to.index] = period;
    }
    deliver(period);
    now += chosen.probeTimeoutMs;
    for (const host of hosts) swim.handle(host.state, { type: 'timer', timer: host.indirectTimer }, host.context);
    deliver(period);
  }
  return { falseSuspicions, probes, probedMemberPeriods };
}
