/** One channel's register history as it passes: what can be judged at once is, the rest waits in the log. */

import type { CheckContext, JudgedChannel } from '../../harness/model/checker.ts';
import type { CompletionLine, InvokeLine, ObserveLine, ViewLine } from '../../harness/model/history.ts';
import type { Data } from '../../impl/protocol.ts';
import { liarsOf } from './claims.ts';
import { DELETE, FAIL, INFO, KIND_NAMES, type Kind, OK, READ, RegisterLog, WRITE } from './register-log.ts';
import { Violations } from './violations.ts';
import { clock, short } from './wording.ts';

export type Apply = Extract<ObserveLine, { kind: 'apply' }>;

export class RegisterFold {
  readonly channel: JudgedChannel;
  readonly log: RegisterLog;
  readonly liars: ReadonlySet<string>;
  readonly phantoms = new Violations();
  readonly stale = new Violations();
  readonly disorder = new Violations();
  readsShown = 0;
  readsAnswered = 0;
  viewsShown = 0;
  applies = 0;
  /** Reads older than what had been acknowledged anywhere when they began: measured, no violation. */
  behindOthers = 0;
  /** Newest acknowledged version by key. */
  readonly #acknowledged: number[] = [];
  /** By mutation that is under way: the version that its writer held of the key when it was asked for, and in which life. */
  readonly #follows = new Map<number, { readonly held: number; readonly life: number }>();
  /** ms from a write's invocation until so many members had it. */
  readonly spread: Readonly<Record<'half' | 'most' | 'all', number[]>> = { half: [], most: [], all: [] };
  readonly #half: number;
  readonly #most: number;

  constructor(context: CheckContext, channel: JudgedChannel) {
    const roster = context.plan.members.map((member) => member.name);
    this.channel = channel;
    this.log = new RegisterLog(roster);
    this.liars = liarsOf(context, channel.name);
    this.#half = Math.ceil(roster.length * 0.5);
    this.#most = Math.ceil(roster.length * 0.95);
  }

  up(memberName: string, life: number): void {
    const member = this.log.memberIndex.get(memberName);
    if (member !== undefined) this.log.boot(member, life);
  }

  invoke(line: InvokeLine): void {
    const kind = KIND_NAMES.indexOf(line.f as (typeof KIND_NAMES)[number]) as Kind | -1;
    const member = this.log.memberIndex.get(line.member);
    const fields = record(line.value);
    if (kind < 0 || member === undefined || typeof fields.key !== 'string') return;
    const key = this.log.keys.number(fields.key);
    const slot = this.log.invoke(line.op, kind as Kind, key, member, fields.value ?? null, line.time);
    if (kind === READ) this.log.opNewest.set(slot, this.#acknowledged[key] ?? -1);
    const rows = this.log.rows[member];
    const held = rows?.applied.get(key) ?? -1;
    if (kind !== READ && rows !== undefined && held >= 0) this.#follows.set(line.op, { held, life: rows.life });
  }

  /** False for an operation of another channel. */
  complete(line: CompletionLine): boolean {
    const { log } = this;
    const slot = log.slotOf(line.op);
    if (slot < 0) return false;
    log.opOutcome.set(slot, line.type === 'ok' ? OK : line.type === 'fail' ? FAIL : INFO);
    log.opEndedAt.set(slot, line.time);
    const isRead = log.opKind.get(slot) === READ;
    if (line.type === 'ok') {
      const { version, value } = record(line.value);
      if (isRead) this.#read(slot, typeof version === 'string' ? version : undefined, value, line.time);
      else if (typeof version === 'string') {
        const acknowledged = this.#acknowledge(slot, version, line.time);
        this.#judgeCause(line.op, slot, acknowledged, line.time);
      }
    }
    this.#follows.delete(line.op);
    if (isRead) log.forget(line.op);
    return true;
  }

  #acknowledge(slot: number, text: string, time: number): number {
    const { log } = this;
    const key = log.opKey.get(slot);
    const version = log.version(text, key, time);
    this.#bind(version, slot, time);
    const newest = this.#acknowledged[key] ?? -1;
    if (log.older(newest, version)) this.#acknowledged[key] = version;
    this.#remember(log.opMember.get(slot), key, version, time);
    return version;
  }

  /** A write causally follows what its writer held when it was asked for: an older version would lose to that. */
  #judgeCause(operation: number, slot: number, version: number, time: number): void {
    const { log } = this;
    const cause = this.#follows.get(operation);
    const writer = log.member(log.opMember.get(slot));
    if (cause === undefined || this.liars.has(writer) || !log.older(version, cause.held)) return;
    if (log.rows[log.opMember.get(slot)]?.life !== cause.life) return;
    this.disorder.add(
      () =>
        `${writer} held version ${log.versions.text(cause.held)} of the key when operation ${operation} was asked for, and acknowledged that one at ${clock(time)} as ${log.versions.text(version)}: the older write wins over the one that follows it.`,
      () => [log.invokeLine(slot), { version: log.versions.text(version), time }],
    );
  }

  /** A version belongs to one write of one key, and a write has one version. */
  #bind(version: number, slot: number, time: number): void {
    const { log } = this;
    const other = log.versionOp.get(version);
    const own = log.opVersion.get(slot);
    const text = log.versions.text(version);
    if ((other >= 0 && other !== slot) || log.versionKey.get(version) !== log.opKey.get(slot)) {
      this.disorder.add(
        () => `Version ${text} stands for more than one write (${clock(time)}).`,
        () => [...(other < 0 ? [] : [log.invokeLine(other)]), log.invokeLine(slot), { version: text, time }],
      );
      return;
    }
    if (own >= 0 && own !== version) {
      this.disorder.add(
        () => `Operation ${log.opId.get(slot)} has two versions, ${log.versions.text(own)} and ${text}.`,
        () => [log.invokeLine(slot), { version: log.versions.text(own) }, { version: text, time }],
      );
      return;
    }
    log.versionOp.set(version, slot);
    log.opVersion.set(slot, version);
  }

  /** The member's life now knows a version of the key at least this new. */
  #remember(member: number, key: number, version: number, time: number): void {
    const rows = this.log.rows[member];
    if (rows === undefined || !this.log.older(rows.shown.get(key), version)) return;
    rows.shown.set(key, version);
    rows.shownAt.set(key, time);
  }

  apply(line: Apply): void {
    const { log } = this;
    const member = log.memberIndex.get(line.member);
    if (member === undefined || this.liars.has(line.member)) return;
    const rows = log.rows[member];
    if (rows === undefined) return;
    if (line.life > rows.life) log.boot(member, line.life);
    this.applies++;
    const key = log.keys.number(line.key);
    const version = log.version(line.version, key, line.time);
    const as = line.deleted === true ? 2 : 1;
    if (log.versionKey.get(version) !== key || (log.appliedAs.get(version) > 0 && log.appliedAs.get(version) !== as)) {
      this.disorder.add(
        () =>
          `Version ${line.version} stands for more than one write (applied by ${line.member}, ${clock(line.time)}).`,
        () => [line as Data],
      );
      return;
    }
    log.appliedAs.set(version, as);
    if (line.operation !== undefined) {
      const slot = log.slotOf(line.operation);
      if (slot >= 0) {
        this.#bind(version, slot, line.time);
        log.opLife.set(slot, line.life);
      }
    }
    // A line of a life that has ended already says nothing about the one that goes on.
    if (line.life < rows.life) return;
    this.#takeOver(line, member, key, version);
  }

  #takeOver(line: Apply, member: number, key: number, version: number): void {
    const { log } = this;
    const rows = log.rows[member];
    if (rows === undefined) return;
    const before = rows.applied.get(key);
    if (log.older(version, before)) {
      this.disorder.add(
        () =>
          `${line.member} (life ${line.life}) went back from version ${log.versions.text(before)} of ${line.key} to ${line.version} at ${clock(line.time)}.`,
        () => [
          {
            type: 'observe',
            kind: 'apply',
            time: rows.appliedAt.get(key),
            member: line.member,
            life: line.life,
            key: line.key,
            version: log.versions.text(before),
          },
          line as Data,
        ],
      );
    }
    rows.applied.set(key, version);
    rows.appliedAt.set(key, line.time);
    this.#remember(member, key, version, line.time);
    if (!log.holders.set(version, member)) return;
    const count = Math.max(0, log.holderCount.get(version)) + 1;
    log.holderCount.set(version, count);
    if (count !== this.#half && count !== this.#most && count !== log.roster.length) return;
    const slot = log.versionOp.get(version);
    if (slot < 0) return;
    const ms = (line.time - log.opInvokedAt.get(slot)) / 1e6;
    if (count === this.#half) this.spread.half.push(ms);
    if (count === this.#most) this.spread.most.push(ms);
    if (count === log.roster.length) this.spread.all.push(ms);
  }

  #read(slot: number, text: string | undefined, value: Data | undefined, time: number): void {
    const { log } = this;
    const key = log.opKey.get(slot);
    const member = log.opMember.get(slot);
    if (this.liars.has(log.member(member))) return;
    this.readsAnswered++;
    const version = text === undefined ? -1 : log.version(text, key, time);
    if (version >= 0 || (value !== null && value !== undefined)) {
      this.readsShown++;
      this.#show(version, key, value, slot, () => `${log.member(member)} read at ${clock(time)}`, { time });
    }
    if (log.older(version, log.opNewest.get(slot))) this.behindOthers++;
    this.#judgeAge(slot, version, key, member, time);
  }

  /** A member's life never shows less than it has shown or taken before. */
  #judgeAge(slot: number, version: number, key: number, member: number, time: number): void {
    const { log } = this;
    const rows = log.rows[member];
    const before = rows?.shown.get(key) ?? -1;
    if (rows === undefined || !log.older(version, before)) {
      this.#remember(member, key, version, time);
      return;
    }
    // A deletion may be forgotten altogether once it has served its time.
    if (version < 0 && this.isDeletion(before)) return;
    const read = version < 0 ? 'nothing' : `version ${log.versions.text(version)}`;
    this.stale.add(
      () =>
        `${log.member(member)} (life ${rows.life}) read ${read} of ${log.keys.text(key)} at ${clock(time)}, after version ${log.versions.text(before)} at ${clock(rows.shownAt.get(key))}.`,
      () => [
        {
          time: rows.shownAt.get(key),
          member: log.member(member),
          life: rows.life,
          key: log.keys.text(key),
          version: log.versions.text(before),
        },
        log.invokeLine(slot),
        {
          type: 'ok',
          time,
          member: log.member(member),
          f: 'read',
          version: version < 0 ? null : log.versions.text(version),
        },
      ],
    );
  }

  isDeletion(version: number): boolean {
    const slot = this.log.versionOp.get(version);
    return slot >= 0 ? this.log.opKind.get(slot) === DELETE : this.log.appliedAs.get(version) === 2;
  }

  /** A version with a value was shown, by a read or by a final view. */
  #show(
    version: number,
    key: number,
    value: Data | undefined,
    by: number,
    who: () => string,
    line: { readonly [key: string]: Data },
  ): void {
    const { log } = this;
    const keyText = log.keys.text(key);
    const shown = short(JSON.stringify(value ?? null));
    const lines = (): Data[] => [
      { ...line, key: keyText, value: value ?? null, version: version < 0 ? null : log.versions.text(version) },
    ];
    if (version < 0) {
      const write = log.writeOf(value);
      if (write >= 0 && log.opKey.get(write) === key && log.opKind.get(write) === WRITE) return;
      this.phantoms.add(() => `${who()} ${shown} of ${keyText}, which nobody wrote to it.`, lines);
      return;
    }
    const text = log.versions.text(version);
    if (log.versionKey.get(version) !== key) {
      const other = log.keys.text(log.versionKey.get(version));
      this.phantoms.add(() => `${who()} version ${text} of ${keyText}, which is a version of ${other}.`, lines);
    } else if (!log.show(version, value, by)) {
      const first = log.shownText(version);
      this.phantoms.add(() => `${who()} ${shown} as version ${text} of ${keyText}, shown before as ${first}.`, lines);
    }
  }

  finalView(line: ViewLine): void {
    const { log } = this;
    const member = log.memberIndex.get(line.member);
    if (member === undefined || this.liars.has(line.member)) return;
    const rows = log.rows[member];
    if (rows === undefined || line.round < rows.finalRound) return;
    rows.final.clear();
    rows.finalRound = line.round;
    rows.finalLife = line.life;
    rows.finalAt = line.time;
    const { view } = line;
    if (typeof view !== 'object' || view === null || Array.isArray(view)) return;
    const who = (): string => `${line.member}'s view at ${clock(line.time)} holds`;
    const origin = { type: 'view', time: line.time, member: line.member };
    for (const [keyText, entry] of Object.entries(view as { readonly [key: string]: Data | undefined })) {
      if (!Array.isArray(entry) || typeof entry[0] !== 'string') continue;
      const key = log.keys.number(keyText);
      const version = log.version(entry[0], key, line.time);
      this.viewsShown++;
      this.#show(version, key, entry[1] as Data | undefined, -2 - member, who, origin);
      rows.final.set(key, version);
    }
  }
}

function record(value: Data | undefined): { readonly [key: string]: Data | undefined } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as { readonly [key: string]: Data | undefined })
    : {};
}
