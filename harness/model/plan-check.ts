/** What a plan's shape cannot say: that names are known, ids unique, windows inside the load, settings in range. */
import type { AnyProtocol } from '../../impl/protocol.ts';
import { isolatedBy, outsidersOf } from './core.ts';
import { UserError } from './errors.ts';
import { isLinkFault, type LinkBlock, linksOf, type PlannedFault } from './fault.ts';
import { needsKeys, privateKeyOf, publicKeyOf } from './keys.ts';
import { overlayOf, unreachable } from './overlay.ts';
import type { Plan } from './plan.ts';
import { isUnsafeKey, PLAN_LIMITS } from './plan-limits.ts';
import { checkSettingValues } from './settings-check.ts';
import type { Workload } from './workload.ts';

/** What is known beyond the plan: protocols and workloads by name, handed in by whoever knows the registries. */
export interface PlanKnowledge {
  readonly protocols: readonly AnyProtocol[];
  readonly workloads: readonly Workload[];
}

/** Throws a UserError at the first thing that is wrong; `file` stands in front of every message. */
export function checkPlan(plan: Plan, knowledge: PlanKnowledge, file: string): void {
  const wrong = (where: string, what: string, given: string | undefined, mend: string): UserError =>
    new UserError(`${file}: ${where} ${what}`, given, mend);
  const unique = (where: string, keys: readonly string[]): void => {
    const seen = new Set<string>();
    for (const [index, key] of keys.entries()) {
      if (seen.has(key)) throw wrong(`${where}[${index}]`, 'repeats an earlier one', key, 'give each its own');
      seen.add(key);
    }
  };

  const members = new Set(plan.members.map((member) => member.name));
  const { healAtMs } = plan.closing;
  unique(
    'members',
    plan.members.map((member) => member.name),
  );
  unique(
    'channels',
    plan.channels.map((channel) => channel.name),
  );
  unique(
    'workloads',
    plan.workloads.map((workload) => `${workload.name} on ${workload.channel}`),
  );
  unique(
    'faults',
    plan.faults.map((fault) => fault.id),
  );
  for (const [index, member] of plan.members.entries()) {
    if (isUnsafeKey(member.name)) {
      throw wrong(`members[${index}].name`, 'is a word that JavaScript keeps', member.name, 'take another name');
    }
    if (member.startAtMs > healAtMs) {
      const given = String(member.startAtMs);
      throw wrong(`members[${index}].startAtMs`, 'lies after the heal', given, `start by ${healAtMs}`);
    }
    if (needsKeys(plan) && member.publicKey !== publicKeyOf(privateKeyOf(plan.seed, member.name))) {
      const mend = 'make the plan anew with --set signed, or set signed to false';
      throw wrong(`members[${index}].publicKey`, "is not the one of the plan's seed", member.publicKey, mend);
    }
  }

  const protocols = checkChannels(plan, knowledge, file);
  const planned = checkWorkloads(plan, knowledge, protocols, file);

  const graph = overlayProblem(plan, members, protocols) ?? baseLinksProblem(plan, members);
  if (graph !== undefined) throw wrong(graph.at, graph.what, graph.given, graph.mend);

  for (const [index, fault] of plan.faults.entries()) {
    const where = `faults[${index}]`;
    const problem = faultProblem(fault, members, healAtMs) ?? behaviourProblem(fault, protocols);
    if (problem !== undefined) throw wrong(`${where}.${problem.at}`, problem.what, problem.given, problem.mend);
  }

  checkCore(plan, members, file);

  const ids = new Set<number>();
  for (const [index, operation] of plan.operations.entries()) {
    const where = `operations[${index}]`;
    if (ids.has(operation.id))
      throw wrong(`${where}.id`, 'repeats an earlier one', String(operation.id), 'give each its own');
    ids.add(operation.id);
    if (!members.has(operation.member)) {
      throw wrong(`${where}.member`, 'is no member of the plan', operation.member, 'name one of members');
    }
    if (operation.atMs >= healAtMs) {
      throw wrong(`${where}.atMs`, 'lies outside the load', String(operation.atMs), `plan it before ${healAtMs}`);
    }
    const fs = planned.get(`${operation.workload} on ${operation.channel}`);
    if (fs === undefined) {
      const given = `${operation.workload} on ${operation.channel}`;
      throw wrong(where, 'belongs to no planned workload', given, 'add it to workloads or take the operation out');
    }
    if (!fs.has(operation.f)) {
      throw wrong(
        `${where}.f`,
        `is no operation of ${operation.workload}`,
        operation.f,
        `take one of ${[...fs].join(', ')}`,
      );
    }
    const problem = dataProblem(operation.value);
    if (problem !== undefined) throw wrong(`${where}.value`, problem.what, problem.given, problem.mend);
  }
}

/** A core leaves somebody out, and whoever it leaves out is cut off from all of it when the rest heals. */
function checkCore(plan: Plan, members: ReadonlySet<string>, file: string): void {
  const { core, healAtMs } = plan.closing;
  if (core === undefined) return;
  const where = `${file}: closing.core`;
  for (const [index, name] of core.entries()) {
    if (!members.has(name))
      throw new UserError(`${where}[${index}] is no member of the plan`, name, 'name one of members');
    if (core.indexOf(name) < index) throw new UserError(`${where}[${index}] is named twice`, name, 'name it once');
  }
  const outsiders = outsidersOf(plan);
  if (outsiders.length === 0)
    throw new UserError(`${where} has every member`, undefined, 'take it out: then all heals');
  const isolated = new Set(plan.faults.flatMap((fault) => isolatedBy(plan, fault)));
  const connected = outsiders.find((name) => !isolated.has(name));
  if (connected === undefined) return;
  const mend = `kill or pause it, or partition it from all of the core, until ${healAtMs}, with no core member among the targets`;
  throw new UserError(`${where} leaves out a member that is not cut off at the heal`, connected, mend);
}

/** The protocol of each channel, by the channel's name. */
function checkChannels(plan: Plan, knowledge: PlanKnowledge, file: string): Map<string, AnyProtocol> {
  const byName = new Map(knowledge.protocols.map((protocol) => [protocol.name, protocol]));
  const protocols = new Map<string, AnyProtocol>();
  for (const [index, channel] of plan.channels.entries()) {
    const where = `${file}: channels[${index}]`;
    const protocol = byName.get(channel.protocol);
    if (protocol === undefined) {
      throw new UserError(
        `${where}.protocol is not known`,
        channel.protocol,
        `take one of ${[...byName.keys()].join(', ')}`,
      );
    }
    checkSettingValues(protocol.settings, channel.settings, `${where}.settings`);
    const problem = protocol.checkSettings?.(channel.settings, plan.members.length);
    if (problem !== undefined) throw new UserError(`${where}.settings: ${problem}`, undefined, 'change the settings');
    protocols.set(channel.name, protocol);
  }
  const membership = plan.channels.filter((channel) => protocols.get(channel.name)?.role === 'membership');
  if (membership.length > 1) {
    const given = membership.map((channel) => channel.name).join(', ');
    throw new UserError(`${file}: channels hold more than one membership protocol`, given, 'keep one of them');
  }
  return protocols;
}

/** The operations each planned workload may issue, by `WORKLOAD on CHANNEL`. */
function checkWorkloads(
  plan: Plan,
  knowledge: PlanKnowledge,
  protocols: ReadonlyMap<string, AnyProtocol>,
  file: string,
): Map<string, ReadonlySet<string>> {
  const byName = new Map(knowledge.workloads.map((workload) => [workload.name, workload]));
  const planned = new Map<string, ReadonlySet<string>>();
  for (const [index, { name, channel }] of plan.workloads.entries()) {
    const where = `${file}: workloads[${index}]`;
    const workload = byName.get(name);
    if (workload === undefined) {
      throw new UserError(`${where}.name is not known`, name, `take one of ${[...byName.keys()].join(', ')}`);
    }
    const protocol = protocols.get(channel);
    if (protocol === undefined) {
      throw new UserError(
        `${where}.channel is not planned`,
        channel,
        `take one of ${[...protocols.keys()].join(', ')}`,
      );
    }
    if (!protocol.workloads.includes(name)) {
      const mend = `${protocol.name} can do ${protocol.workloads.join(', ')}`;
      throw new UserError(`${where} cannot drive channel ${channel}`, name, mend);
    }
    planned.set(`${name} on ${channel}`, new Set(workload.operations.map((operation) => operation.f)));
  }
  return planned;
}

interface Problem {
  readonly at: string;
  readonly what: string;
  readonly given: string | undefined;
  readonly mend: string;
}

function faultProblem(fault: PlannedFault, members: ReadonlySet<string>, healAtMs: number): Problem | undefined {
  if (fault.untilMs <= fault.atMs) {
    const given = `${fault.atMs} to ${fault.untilMs}`;
    return { at: 'untilMs', what: 'is not after atMs', given, mend: 'let the fault last a while' };
  }
  if (fault.untilMs > healAtMs) {
    return { at: 'untilMs', what: 'lies after the heal', given: String(fault.untilMs), mend: `end it by ${healAtMs}` };
  }
  if (fault.type === 'delay' && fault.jitterMs > fault.delayMs) {
    const mend = `take at most ${fault.delayMs}`;
    return { at: 'jitterMs', what: 'is larger than the delay', given: String(fault.jitterMs), mend };
  }
  if (fault.type === 'slow' && fault.blockMs > fault.everyMs) {
    const mend = `take at most ${fault.everyMs}`;
    return { at: 'blockMs', what: 'is longer than everyMs', given: String(fault.blockMs), mend };
  }
  if (!isLinkFault(fault)) return namesProblem('targets', fault.targets, members);
  const links = linksOf(fault);
  if (links === 'all') return undefined;
  return blocksProblem(fault.type === 'partition' ? 'cuts' : 'links', links, members);
}

function blocksProblem(at: string, blocks: readonly LinkBlock[], members: ReadonlySet<string>): Problem | undefined {
  for (const [index, block] of blocks.entries()) {
    const problem =
      namesProblem(`${at}[${index}].from`, block.from, members) ??
      namesProblem(`${at}[${index}].to`, block.to, members);
    if (problem !== undefined) return problem;
  }
  // Of such a fault nothing could ever be measured.
  if (blocks.some(({ from, to }) => from.some((name) => to.some((other) => other !== name)))) return undefined;
  return { at, what: 'touches no link', given: undefined, mend: 'name members that differ in from and to' };
}

function namesProblem(at: string, names: readonly string[], members: ReadonlySet<string>): Problem | undefined {
  const seen = new Set<string>();
  for (const [index, name] of names.entries()) {
    const here = `${at}[${index}]`;
    if (!members.has(name)) {
      return { at: here, what: 'is no member of the plan', given: name, mend: 'name one of members' };
    }
    if (seen.has(name)) return { at: here, what: 'is named twice', given: name, mend: 'name it once' };
    seen.add(name);
  }
  return undefined;
}

/** Roles whose channels draw peers at random, and so from an overlay. */
const DRAWING = new Set(['dissemination', 'map', 'aggregation']);

function overlayProblem(
  plan: Plan,
  members: ReadonlySet<string>,
  protocols: ReadonlyMap<string, AnyProtocol>,
): Problem | undefined {
  if (plan.overlay === undefined) return undefined;
  const seen = new Set<string>();
  for (const [index, { member, knows }] of plan.overlay.entries()) {
    const at = `overlay[${index}]`;
    const own = `${at}.member`;
    if (!members.has(member))
      return { at: own, what: 'is no member of the plan', given: member, mend: 'name one of members' };
    if (seen.has(member)) return { at: own, what: 'repeats an earlier one', given: member, mend: 'give each one list' };
    seen.add(member);
    if (knows.length === 0) {
      return { at: `${at}.knows`, what: 'is empty', given: member, mend: 'name at least one neighbour' };
    }
    const problem = namesProblem(`${at}.knows`, knows, members);
    if (problem !== undefined) return problem;
    const self = knows.indexOf(member);
    if (self >= 0) {
      return { at: `${at}.knows[${self}]`, what: 'is the member itself', given: member, mend: 'name others only' };
    }
  }
  const bound = [...protocols].filter(([, { role }]) => DRAWING.has(role));
  if (bound.length === 0) {
    const given = [...protocols.keys()].join(', ');
    return { at: 'overlay', what: 'binds no channel: none draws its peers at random', given, mend: 'take it out' };
  }
  const complete = bound.find(([, protocol]) => protocol.sparse !== true);
  if (complete !== undefined) {
    const [given, { name }] = complete;
    const what = `restricts a channel whose bounds only hold where all know all`;
    return { at: 'overlay', what, given, mend: `take out the overlay, or ${name}` };
  }
  const gap = unreachable(overlayOf(plan) ?? new Map());
  if (gap === undefined) return undefined;
  const [from, to] = gap;
  const mend = 'connect all, both ways: let one that is reached know one that is not';
  return { at: 'overlay', what: `has no way from ${from} to ${to}`, given: undefined, mend };
}

function baseLinksProblem(plan: Plan, members: ReadonlySet<string>): Problem | undefined {
  const { links } = plan.network;
  return links === undefined ? undefined : blocksProblem('network.links', links, members);
}

function behaviourProblem(fault: PlannedFault, protocols: ReadonlyMap<string, AnyProtocol>): Problem | undefined {
  if (fault.type !== 'byzantine') return undefined;
  const protocol = protocols.get(fault.channel);
  if (protocol === undefined) {
    const mend = `take one of ${[...protocols.keys()].join(', ')}`;
    return { at: 'channel', what: 'is not planned', given: fault.channel, mend };
  }
  const lies = Object.keys(protocol.lies ?? {});
  if (lies.includes(fault.behaviour)) return undefined;
  const mend = lies.length > 0 ? `take one of ${lies.join(', ')}` : `${protocol.name} has no lies; take the fault out`;
  return { at: 'behaviour', what: `is no lie of ${protocol.name}`, given: fault.behaviour, mend };
}

interface DataProblem {
  readonly what: string;
  readonly given: string | undefined;
  readonly mend: string;
}

/** What makes an operation's value unfit: a key that a plain object could not hold in order or at all, or its depth. */
function dataProblem(value: unknown): DataProblem | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  let level: object[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === PLAN_LIMITS.valueDepth) {
      const mend = `nest at most ${PLAN_LIMITS.valueDepth} levels`;
      return { what: 'is nested too deeply', given: undefined, mend };
    }
    const below: object[] = [];
    for (const next of level) {
      const unsafe = Array.isArray(next) ? undefined : Object.keys(next).find(isUnsafeKey);
      if (unsafe !== undefined) {
        return { what: 'has a key that cannot be kept apart from others', given: unsafe, mend: 'rename the key' };
      }
      for (const inner of Object.values(next)) if (typeof inner === 'object' && inner !== null) below.push(inner);
    }
    level = below;
  }
  return undefined;
}
