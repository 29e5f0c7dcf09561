/**
 * What one channel's register history comes down to: operations and versions as numbers in columns, the versions each
 * member took and showed, and the final views. It records; register.ts judges.
 */
import type { Data } from '../../impl/protocol.ts';
import { IntColumn, Names, NumberColumn } from './columns.ts';
import { MemberBits } from './member-bits.ts';
import { canonical } from './wording.ts';

export const WRITE = 0;
export const DELETE = 1;
export const READ = 2;
export type Kind = typeof WRITE | typeof DELETE | typeof READ;

export const OPEN = -1;
export const OK = 0;
export const FAIL = 1;
export const INFO = 2;

/** What a version was shown with, where it is no write's number. */
export const NOT_SHOWN = -1;
export const SHOWN_DELETED = -2;
export const SHOWN_UNKNOWN = -3;

/** Rows of one member, by key. They end with its life. */
export class MemberRows {
  life = 0;
  /** The version last applied in this boot. */
  readonly applied = new IntColumn();
  readonly appliedAt = new NumberColumn();
  /** The newest version that this life has applied, acknowledged or read. */
  readonly shown = new IntColumn();
  readonly shownAt = new NumberColumn();
  /** The version in its last full view. */
  readonly final = new IntColumn();
  finalRound = -1;
  finalLife = 0;
  finalAt = Number.NaN;
}

export class RegisterLog {
  readonly roster: readonly string[];
  readonly memberIndex: ReadonlyMap<string, number>;
  readonly rows: readonly MemberRows[];
  readonly keys = new Names();

  // Operations, numbered by their invocation.
  readonly #slots = new Map<number, number>();
  operations = 0;
  readonly opId = new NumberColumn();
  readonly opKind = new IntColumn();
  readonly opKey = new IntColumn();
  readonly opMember = new IntColumn();
  readonly opLife = new IntColumn();
  readonly opOutcome = new IntColumn();
  readonly opVersion = new IntColumn();
  readonly opInvokedAt = new NumberColumn();
  readonly opEndedAt = new NumberColumn();
  /** Reads: the newest version of the key that had been acknowledged anywhere when the read began. */
  readonly opNewest = new IntColumn();
  /** Written values, by the number of the write. */
  readonly #values = new Map<string, number>();
  readonly #valueTexts = new Map<number, string>();

  // Versions, numbered by their first appearance.
  readonly versions = new Names();
  readonly versionKey = new IntColumn();
  readonly versionOp = new IntColumn();
  /** When it was first seen anywhere, ns. */
  readonly versionAt = new NumberColumn();
  /** The write whose value it was shown with, or SHOWN_... */
  readonly shownAs = new IntColumn();
  /** The read that showed it first, or -2 - m for the final view of member m. */
  readonly shownBy = new IntColumn();
  readonly #unknownTexts = new Map<number, string>();
  /** 1 applied as a value, 2 applied as a deletion. */
  readonly appliedAs = new IntColumn();
  /** Members whose current life has applied it. */
  readonly holders: MemberBits;
  readonly holderCount = new IntColumn();

  constructor(roster: readonly string[]) {
    this.roster = roster;
    this.memberIndex = new Map(roster.map((name, i) => [name, i]));
    this.rows = roster.map(() => new MemberRows());
    this.holders = new MemberBits(roster.length);
  }

  /** A boot begins: what it applies may start over; a new life knows nothing of the old one. */
  boot(member: number, life: number): void {
    const rows = this.rows[member];
    if (rows === undefined) return;
    rows.applied.clear();
    if (rows.life !== life) {
      if (rows.life !== 0) this.holders.clearMember(member);
      rows.shown.clear();
      rows.life = life;
    }
  }

  invoke(id: number, kind: Kind, key: number, member: number, value: Data, time: number): number {
    const slot = this.operations++;
    this.#slots.set(id, slot);
    this.opId.set(slot, id);
    this.opKind.set(slot, kind);
    this.opKey.set(slot, key);
    this.opMember.set(slot, member);
    this.opLife.set(slot, this.rows[member]?.life ?? 0);
    this.opInvokedAt.set(slot, time);
    if (kind === WRITE) {
      const text = valueText(value);
      this.#values.set(text, slot);
      this.#valueTexts.set(slot, text);
    }
    return slot;
  }

  /** -1 for an operation of another channel. */
  slotOf(id: number): number {
    return this.#slots.get(id) ?? -1;
  }

  /** A read's number is not needed again once it has ended. */
  forget(id: number): void {
    this.#slots.delete(id);
  }

  /** The version's number; its key is that of its first appearance. */
  version(text: string, key: number, time: number): number {
    const version = this.versions.number(text);
    if (this.versionKey.get(version) < 0) this.versionKey.set(version, key);
    if (!(this.versionAt.get(version) <= time)) this.versionAt.set(version, time);
    return version;
  }

  /** Whether version `a` is older than `b`; none (-1) is older than any. */
  older(a: number, b: number): boolean {
    if (a === b || b < 0) return false;
    return a < 0 || this.versions.text(a) < this.versions.text(b);
  }

  /** The number of the write of this value, or SHOWN_DELETED, or SHOWN_UNKNOWN. */
  writeOf(value: Data | undefined): number {
    if (value === null || value === undefined) return SHOWN_DELETED;
    return this.#values.get(valueText(value)) ?? SHOWN_UNKNOWN;
  }

  /** Notes what a version was shown with; false when it was shown with something else before. */
  show(version: number, value: Data | undefined, by: number): boolean {
    const write = this.writeOf(value);
    const before = this.shownAs.get(version);
    if (before === NOT_SHOWN) {
      this.shownAs.set(version, write);
      this.shownBy.set(version, by);
      if (write === SHOWN_UNKNOWN) this.#unknownTexts.set(version, valueText(value));
      return true;
    }
    if (before !== write) return false;
    return write !== SHOWN_UNKNOWN || this.#unknownTexts.get(version) === valueText(value);
  }

  /** What the version was first shown with, looked up again now that every write is known. */
  resolveShown(version: number): number {
    const shown = this.shownAs.get(version);
    if (shown !== SHOWN_UNKNOWN) return shown;
    return this.#values.get(this.#unknownTexts.get(version) ?? '') ?? SHOWN_UNKNOWN;
  }

  /** The text of the value that a version was first shown with. */
  shownText(version: number): string {
    const shown = this.resolveShown(version);
    if (shown === SHOWN_DELETED) return 'null';
    return shown === SHOWN_UNKNOWN ? (this.#unknownTexts.get(version) ?? '?') : this.valueOf(shown);
  }

  /** The text of what the operation wrote. */
  valueOf(slot: number): string {
    return this.#valueTexts.get(slot) ?? 'null';
  }

  member(index: number): string {
    return this.roster[index] ?? '?';
  }

  // --- lines for witnesses, rebuilt ---------------------------------------------------------------------------------

  invokeLine(slot: number): Data {
    const kind = this.opKind.get(slot);
    const key = this.keys.text(this.opKey.get(slot));
    return {
      type: 'invoke',
      time: this.opInvokedAt.get(slot),
      op: this.opId.get(slot),
      member: this.member(this.opMember.get(slot)),
      f: KIND_NAMES[kind] ?? '?',
      value: kind === WRITE ? { key, value: this.valueOf(slot) } : { key },
    };
  }

  completionLine(slot: number): Data | undefined {
    const outcome = this.opOutcome.get(slot);
    if (outcome === OPEN) return undefined;
    const version = this.opVersion.get(slot);
    return {
      type: outcome === OK ? 'ok' : outcome === FAIL ? 'fail' : 'info',
      time: this.opEndedAt.get(slot),
      op: this.opId.get(slot),
      member: this.member(this.opMember.get(slot)),
      f: KIND_NAMES[this.opKind.get(slot)] ?? '?',
      ...(version < 0 ? {} : { value: { version: this.versions.text(version) } }),
    };
  }

  /** The entry of a member's final view. */
  finalLine(member: number, key: number): Data {
    const rows = this.rows[member];
    const version = rows?.final.get(key) ?? -1;
    const entry = version < 0 ? null : [this.versions.text(version), this.shownText(version)];
    const time = rows === undefined || Number.isNaN(rows.finalAt) ? null : rows.finalAt;
    return { type: 'view', time, member: this.member(member), view: { [this.keys.text(key)]: entry } };
  }
}

export const KIND_NAMES = ['write', 'delete', 'read'] as const;

/** Texts stand for themselves; anything else is marked, so that the number 1 is not the text "1". */
function valueText(value: Data | undefined): string {
  return typeof value === 'string' ? value : `json:${canonical(value)}`;
}
