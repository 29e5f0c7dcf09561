/** From what was asked for to a plan. Pure: the same request and the same seed give the same plan. */
import type { AnyProtocol, Data } from '../../impl/protocol.ts';
import { settingsOf } from '../../impl/protocol.ts';
import { conditionsOf } from '../model/conditions.ts';
import { invariant, UserError } from '../model/errors.ts';
import type { PlannedFault } from '../model/fault.ts';
import { needsKeys, withPublicKey } from '../model/keys.ts';
import type { Nemesis, UnnumberedFault } from '../model/nemesis.ts';
import {
  PLAN_FORMAT,
  PLAN_VERSION,
  type Plan,
  type PlannedChannel,
  type PlannedMember,
  type PlannedNetwork,
  type PlannedOperation,
  type PlannedWorkload,
} from '../model/plan.ts';
import type { PlanKnowledge } from '../model/plan-check.ts';
import { PLAN_LIMITS } from '../model/plan-limits.ts';
import { split } from '../model/rng.ts';
import type { Scenario } from '../model/scenario.ts';
import { checkSettingValues, parseSetting } from '../model/settings-check.ts';
import { faultWindows } from './fault-windows.ts';

export type Profile = 'quick' | 'default';

/** `--set protocol.key=value`, the value still text. */
export interface SettingOverride {
  readonly protocol: string;
  readonly key: string;
  readonly text: string;
}

export interface RequestedFault {
  readonly nemesis: Nemesis;
  /** What the nemesis' own `parse` or `draw` returned. */
  readonly argument: unknown;
}

export interface PlanRequest {
  readonly seed: string;
  readonly nodes: number;
  readonly timeMs: number;
  readonly protocols: readonly string[];
  readonly profile: Profile;
  readonly overrides: readonly SettingOverride[];
  /** undefined: all that the protocols support. */
  readonly workloads: readonly string[] | undefined;
  /** Per workload, over all members; undefined: each workload's own. */
  readonly ratePerSecond: number | undefined;
  readonly faults: readonly RequestedFault[];
  readonly faultEveryMs: number | undefined;
  readonly faultForMs: number | undefined;
  readonly withoutState: boolean;
  /** Whose members, settings, overlay, links and operations these are; absent: n1, n2, ..., all alike. */
  readonly scenario?: Scenario | undefined;
}

const POLL_EVERY_MS = 250;
const OPERATION_TIMEOUT_MS = 5000;
/** A quiet local network. */
const NETWORK = { latencyMs: 0.5, jitterMs: 0.5 } as const;

/** Throws a UserError for what does not fit together. */
export function makePlan(request: PlanRequest, knowledge: PlanKnowledge): Plan {
  const protocols = chosenProtocols(request.protocols, knowledge.protocols);
  const channels = planChannels(request, protocols);
  const keyless = planMembers(request);
  const names = keyless.map((member) => member.name);
  const members = needsKeys({ channels }) ? keyless.map((member) => withPublicKey(request.seed, member)) : keyless;
  const { workloads, operations } = planLoad(request, knowledge, protocols, members);
  const draft: Plan = {
    format: PLAN_FORMAT,
    version: PLAN_VERSION,
    seed: request.seed,
    members,
    channels,
    workloads,
    operations,
    faults: planFaults(request, protocols, channels, members),
    operationTimeoutMs: OPERATION_TIMEOUT_MS,
    closing: { healAtMs: request.timeMs, pollEveryMs: POLL_EVERY_MS, deadlineMs: OPERATION_TIMEOUT_MS },
    network: planNetwork(request.scenario, names),
    ...planOverlay(request, names),
  };
  const deadlineMs = deadlineOf(draft, protocols);
  return { ...draft, closing: { ...draft.closing, deadlineMs } };
}

function planMembers({ nodes, scenario }: PlanRequest): PlannedMember[] {
  if (scenario === undefined) return Array.from({ length: nodes }, (_, i) => ({ name: `n${i + 1}`, startAtMs: 0 }));
  const { least, most } = scenario.nodes;
  if (nodes < least || nodes > most) {
    const mend = least === most ? `leave --nodes out: it has ${least}` : `take ${least} to ${most}`;
    throw new UserError(`--nodes does not fit the scenario ${scenario.name}`, String(nodes), mend);
  }
  return scenario.members(nodes).map((name) => ({ name, startAtMs: 0 }));
}

function planNetwork(scenario: Scenario | undefined, members: readonly string[]): PlannedNetwork {
  const links = scenario?.links?.(members);
  return links === undefined ? NETWORK : { ...NETWORK, links };
}

function planOverlay({ scenario, seed }: PlanRequest, members: readonly string[]): Pick<Plan, 'overlay'> {
  const overlay = scenario?.overlay?.(members, split(seed, 'overlay'));
  return overlay === undefined ? {} : { overlay };
}

function chosenProtocols(names: readonly string[], known: readonly AnyProtocol[]): AnyProtocol[] {
  const chosen = names.map((name) => {
    const protocol = known.find((candidate) => candidate.name === name);
    if (protocol === undefined) {
      const all = known.map((candidate) => candidate.name).join(', ');
      throw new UserError('--protocol is not known', name, `take one or several of ${all}, or suite`);
    }
    return protocol;
  });
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UserError('--protocol names one twice', twice, 'name each once');
  const membership = chosen.filter((protocol) => protocol.role === 'membership').map((protocol) => protocol.name);
  if (membership.length > 1) {
    throw new UserError('--protocol has several membership protocols', membership.join(','), 'keep one of them');
  }
  return chosen;
}

function planChannels(request: PlanRequest, protocols: readonly AnyProtocol[]): PlannedChannel[] {
  for (const { protocol, key } of request.overrides) {
    if (!protocols.some((candidate) => candidate.name === protocol)) {
      const running = protocols.map((candidate) => candidate.name).join(', ');
      throw new UserError('--set names a protocol that does not run', `${protocol}.${key}`, `running are ${running}`);
    }
  }
  return protocols.map((protocol) => {
    const spec = protocol.settings;
    const settings: Record<string, unknown> = {
      ...settingsOf<Record<string, unknown>>(spec, request.profile),
      ...request.scenario?.settings[protocol.name],
    };
    for (const { key, text } of request.overrides.filter((override) => override.protocol === protocol.name)) {
      const setting = Object.hasOwn(spec, key) ? spec[key] : undefined;
      if (setting === undefined) {
        const mend = `${protocol.name} has ${Object.keys(spec).join(', ')}`;
        throw new UserError('--set names no setting', `${protocol.name}.${key}`, mend);
      }
      settings[key] = parseSetting(setting, text, `--set ${protocol.name}.${key}`);
    }
    checkSettingValues(spec, settings, protocol.name);
    const problem = protocol.checkSettings?.(settings, request.nodes);
    if (problem !== undefined) {
      throw new UserError(
        `the settings of ${protocol.name} do not fit together: ${problem}`,
        undefined,
        'change --set or --nodes',
      );
    }
    return { name: protocol.name, protocol: protocol.name, settings: settings as Record<string, Data> };
  });
}

/** Which workload drives which channel, and all operations, merged by time. */
function planLoad(
  request: PlanRequest,
  knowledge: PlanKnowledge,
  protocols: readonly AnyProtocol[],
  members: readonly PlannedMember[],
): { workloads: PlannedWorkload[]; operations: PlannedOperation[] } {
  checkWorkloadNames(request.workloads, knowledge, protocols);
  const workloads: PlannedWorkload[] = [];
  const unnumbered: Omit<PlannedOperation, 'id'>[] = [];
  for (const { name: channel, workloads: supported } of protocols) {
    for (const name of supported) {
      const workload = knowledge.workloads.find((candidate) => candidate.name === name);
      invariant(workload, `protocol ${channel} names workload ${name}, which does not exist`);
      if (request.workloads !== undefined && !request.workloads.includes(name)) continue;
      const own = workload.defaultRate(members.length);
      // A workload without operations of its own (it only observes) has none at any rate.
      const ratePerSecond = own === 0 ? 0 : (request.ratePerSecond ?? request.scenario?.rates?.[name] ?? own);
      checkSize(unnumbered.length + (ratePerSecond * request.timeMs) / 1000);
      const random = split(request.seed, 'workload', channel, name);
      const context = { members, channel, ratePerSecond, timeMs: request.timeMs, random };
      const planned = request.scenario?.plan?.(name, context) ?? workload.plan(context);
      workloads.push({ name, channel, ratePerSecond });
      for (const { atMs, member, f, value } of planned) {
        unnumbered.push({ atMs, member, workload: name, channel, f, value });
      }
    }
  }
  checkSize(unnumbered.length);
  // The sort is stable: operations of one time keep the order of their workloads.
  const operations = unnumbered.sort((a, b) => a.atMs - b.atMs).map((operation, id) => ({ id, ...operation }));
  return { workloads, operations };
}

function checkWorkloadNames(
  names: readonly string[] | undefined,
  knowledge: PlanKnowledge,
  protocols: readonly AnyProtocol[],
): void {
  const supported = [...new Set(protocols.flatMap((protocol) => protocol.workloads))];
  for (const name of names ?? []) {
    if (!knowledge.workloads.some((workload) => workload.name === name)) {
      const all = knowledge.workloads.map((workload) => workload.name).join(', ');
      throw new UserError('--workload is not known', name, `take one or several of ${all}`);
    }
    if (!supported.includes(name)) {
      throw new UserError('--workload fits none of the chosen protocols', name, `they can do ${supported.join(', ')}`);
    }
  }
}

function checkSize(operations: number): void {
  if (operations > PLAN_LIMITS.operations) {
    const given = `${Math.round(operations)} operations`;
    throw new UserError(`the plan grows beyond ${PLAN_LIMITS.operations} operations`, given, 'lower --rate or --time');
  }
}

/** Roles that draw their peers from membership where there is one. */
const FED = ['dissemination', 'map', 'aggregation'];

/**
 * The most liars of this kind with which all is still claimed of the channel, or some of it, and of those that it feeds:
 * where members lie about who is there, nothing is claimed of what draws its peers from that.
 */
function toleratedLiars(
  protocols: readonly AnyProtocol[],
  channels: readonly PlannedChannel[],
  channel: string,
  behaviour: string,
  n: number,
): { readonly all: number; readonly some: number } {
  const settings = channels.find(({ name }) => name === channel)?.settings;
  const protocol = protocols.find(({ name }) => name === channel);
  if (protocol?.role === 'membership' && protocols.some(({ role }) => FED.includes(role))) {
    return { all: 0, some: 0 };
  }
  const tolerates = protocol?.tolerates ?? [];
  const covering = tolerates.filter(({ behaviours }) => behaviours === 'all' || behaviours.includes(behaviour));
  const claimed = (protocol?.claims ?? []).filter(({ strength }) => strength !== 'none');
  const borne = claimed.map(({ property }) =>
    Math.max(
      0,
      ...covering.filter(({ properties }) => properties.includes(property)).map(({ liars }) => liars(settings, n)),
    ),
  );
  return borne.length === 0 ? { all: 0, some: 0 } : { all: Math.min(...borne), some: Math.max(...borne) };
}

function planFaults(
  request: PlanRequest,
  protocols: readonly AnyProtocol[],
  channels: readonly PlannedChannel[],
  members: readonly PlannedMember[],
): PlannedFault[] {
  const behaviours = new Map<string, string[]>();
  for (const protocol of protocols) {
    for (const lie of Object.keys(protocol.lies ?? {})) {
      behaviours.set(lie, [...(behaviours.get(lie) ?? []), protocol.name]);
    }
  }
  return request.faults.flatMap(({ nemesis, argument }) => {
    const planned = nemesis.plan(argument, {
      members: members.map((member) => member.name),
      timeMs: request.timeMs,
      random: split(request.seed, 'nemesis', nemesis.type),
      windows: faultWindows(nemesis, request.timeMs, request.faultEveryMs, request.faultForMs),
      behaviours,
      tolerated: (channel, behaviour) => toleratedLiars(protocols, channels, channel, behaviour, members.length),
      withoutState: request.withoutState,
    });
    // Numbered per nemesis, because a fault's id names its draws: another fault's absence must not change it.
    return planned.map((fault: UnnumberedFault, index) => ({ id: `${nemesis.type}-${index + 1}`, ...fault }));
  });
}

/**
 * The longest that any chosen protocol may take once all is healed, rounded up to a second, and one more. Computed for
 * real machines whatever the cluster, so that the same flags give the same plan on each; a run ends when all agree.
 */
export function deadlineOf(plan: Plan, protocols: readonly AnyProtocol[]): number {
  const conditions = conditionsOf(plan, 'local');
  const channels = plan.channels.flatMap((channel) => {
    const protocol = protocols.find((candidate) => candidate.name === channel.protocol);
    return protocol === undefined
      ? []
      : [{ role: protocol.role, bounds: protocol.bounds(channel.settings, conditions) }];
  });
  // A channel that draws its peers from membership can only begin once membership has merged.
  const merged = Math.max(
    0,
    ...channels.map(({ role, bounds }) => (role === 'membership' ? (bounds.convergenceMs ?? 0) : 0)),
  );
  const longest = Math.max(
    0,
    ...channels.map(({ role, bounds }) => {
      const own = Math.max(0, ...Object.values(bounds).filter((bound) => bound !== undefined));
      return role === 'map' || role === 'dissemination' || role === 'aggregation' ? merged + own : own;
    }),
  );
  const deadlineMs = Math.ceil(longest / 1000) * 1000 + 1000;
  if (!(deadlineMs <= PLAN_LIMITS.timeMs)) {
    const given = `${Math.round(longest / 1000)} s`;
    throw new UserError('with these settings liveness is bounded by more than a day', given, 'take quicker settings');
  }
  return deadlineMs;
}
