/** The nemesis contract: how a fault is asked for on the command line and planned. */
import type { Random } from '../../impl/protocol.ts';
import type { FaultType, PlannedFault } from './fault.ts';

export interface NemesisContext {
  readonly members: readonly string[];
  /** End of load, ms. */
  readonly timeMs: number;
  /** Split by the nemesis' name: other faults do not shift its draws. */
  readonly random: Random;
  /** Windows in order, ms, all inside [0, timeMs]; chosen from --fault-every and --fault-for or the nemesis' default. */
  readonly windows: readonly { readonly atMs: number; readonly untilMs: number }[];
  /** Channels that a Byzantine behaviour applies to, by behaviour; empty where no protocol offers any. */
  readonly behaviours: ReadonlyMap<string, readonly string[]>;
  /** With how many such members all that is claimed of the channel still holds, or some of it; 0: not even with one. */
  readonly tolerated: (channel: string, behaviour: string) => { readonly all: number; readonly some: number };
  /** --restart-without-state was given. */
  readonly withoutState: boolean;
}

/** A fault without its id, which is given when all faults are merged. */
// biome-ignore lint/suspicious/noExplicitAny: distributes Omit over the union
export type UnnumberedFault = PlannedFault extends infer F ? (F extends any ? Omit<F, 'id'> : never) : never;

export interface Nemesis {
  readonly type: FaultType | 'churn';
  /** Flag as commander wants it: `--loss <p>`, `--partition [shape]`. */
  readonly flag: string;
  readonly doc: string;
  /** Colour of its windows in the report, `#rrggbb`; distinct, and readable on white. */
  readonly colour: string;
  /** `link`: on for most of the load by default; `process`, `clock`, `behaviour`: a window in the middle. */
  readonly family: 'link' | 'partition' | 'process' | 'clock' | 'behaviour';
  /** Start and end of its default window as shares of the load, where the family's does not fit. */
  readonly share?: readonly [number, number];
  /** What undoes it. */
  readonly heal: string;
  /** Text of the flag to a checked argument. Throws UserError. `true` where the flag stood alone. */
  parse(text: string | true): unknown;
  plan(argument: unknown, context: NemesisContext): UnnumberedFault[];
  /** Draws an argument at random, for plans that a search makes. */
  draw(random: Random, members: readonly string[]): unknown;
}
