/** What aggregation's history says, sorted by epoch: who took part, what moved, how it ended, and what clients did. */
import type { HistoryLine, ObserveLine } from '../../harness/model/history.ts';
import type { Data } from '../../impl/protocol.ts';

export type EpochLine = Extract<ObserveLine, { kind: 'epoch' }>;
export type TransferLine = Extract<ObserveLine, { kind: 'transfer' }>;
export type EstimateLine = Extract<ObserveLine, { kind: 'estimate' }>;

/** What reached or left one participant in an epoch, and how much moved altogether: the scale of rounding errors. */
interface Balance {
  value: number;
  weight: number;
  part: number;
  turnover: number;
}

export interface Exchange {
  /** `member/life` of its initiator. */
  readonly initiator: string;
  started: TransferLine | undefined;
  /** One for each life of the responder: who lost its life forgot what it had answered, and what it held is gone with it. */
  readonly answered: TransferLine[];
}

export interface Epoch {
  readonly entries: Map<string, EpochLine>;
  readonly finals: Map<string, EstimateLine>;
  readonly balances: Map<string, Balance>;
  readonly exchanges: Map<string, Exchange>;
  /** A side that took effect more than once, or a participant that entered or ended it twice. */
  readonly repeated: { readonly what: string; readonly lines: readonly [ObserveLine, ObserveLine] }[];
}

/** A client's new input. ns. */
export interface SetOperation {
  readonly value: Data;
  readonly invokedAt: number;
  endedAt: number;
  outcome: 'ok' | 'fail' | 'info' | undefined;
}

/** What a read returned. */
export interface Read {
  readonly member: string;
  readonly value: Data;
  readonly line: Data;
}

export const participant = (member: string, life: number): string => `${member}/${life}`;

export class AggregateLog {
  readonly epochs = new Map<number, Epoch>();
  /** By member, in the order of their start. */
  readonly sets = new Map<string, SetOperation[]>();
  readonly reads: Read[] = [];
  readonly #open = new Map<number, SetOperation>();
  readonly #openReads = new Set<number>();

  observe(line: ObserveLine): void {
    if (line.kind === 'transfer') this.#transfer(line);
    else if (line.kind === 'epoch') this.#once(line, 'entered', this.#epoch(line.epoch).entries);
    else if (line.kind === 'estimate') this.#once(line, 'ended', this.#epoch(line.epoch).finals);
  }

  #epoch(number: number): Epoch {
    let epoch = this.epochs.get(number);
    if (epoch === undefined) {
      epoch = { entries: new Map(), finals: new Map(), balances: new Map(), exchanges: new Map(), repeated: [] };
      this.epochs.set(number, epoch);
    }
    return epoch;
  }

  #once<Line extends EpochLine | EstimateLine>(line: Line, what: string, known: Map<string, Line>): void {
    const who = participant(line.member, line.life);
    const before = known.get(who);
    if (before === undefined) known.set(who, line);
    else
      this.#epoch(line.epoch).repeated.push({
        what: `${who} ${what} epoch ${line.epoch} twice`,
        lines: [before, line],
      });
  }

  #transfer(line: TransferLine): void {
    const epoch = this.#epoch(line.epoch);
    const who = participant(line.member, line.life);
    let balance = epoch.balances.get(who);
    if (balance === undefined) {
      balance = { value: 0, weight: 0, part: 0, turnover: 0 };
      epoch.balances.set(who, balance);
    }
    balance.value += line.value;
    balance.weight += line.weight;
    balance.part += line.part;
    balance.turnover += Math.abs(line.value) + Math.abs(line.weight) + Math.abs(line.part);
    const initiator = participant(line.initiator, line.initiatorLife);
    const key = `${initiator} ${line.responder} ${line.exchange}`;
    let exchange = epoch.exchanges.get(key);
    if (exchange === undefined) {
      exchange = { initiator, started: undefined, answered: [] };
      epoch.exchanges.set(key, exchange);
    }
    const starts = line.member === line.initiator;
    const before = starts ? exchange.started : exchange.answered.find((answer) => answer.life === line.life);
    if (before === undefined && starts) exchange.started = line;
    else if (before === undefined) exchange.answered.push(line);
    else {
      const what = `${who} applied exchange ${line.exchange} of ${line.initiator} with ${line.responder} in epoch ${line.epoch} twice`;
      epoch.repeated.push({ what, lines: [before, line] });
    }
  }

  /** Lines of operations on this channel; others are passed over by their number. */
  operation(line: Extract<HistoryLine, { type: 'invoke' | 'ok' | 'fail' | 'info' }>): void {
    if (line.type === 'invoke') {
      if (line.f === 'read') this.#openReads.add(line.op);
      if (line.f !== 'set') return;
      const set: SetOperation = { value: line.value, invokedAt: line.time, endedAt: Infinity, outcome: undefined };
      const known = this.sets.get(line.member);
      if (known === undefined) this.sets.set(line.member, [set]);
      else known.push(set);
      this.#open.set(line.op, set);
      return;
    }
    const set = this.#open.get(line.op);
    if (set !== undefined) {
      this.#open.delete(line.op);
      set.outcome = line.type;
      // What is not known to have ended may take effect at any later time.
      if (line.type !== 'info') set.endedAt = line.time;
    } else if (this.#openReads.delete(line.op) && line.type === 'ok') {
      this.reads.push({ member: line.member, value: line.value ?? null, line: line as unknown as Data });
    }
  }
}
