/** What every membership protocol does at its edges: which event leads where, seeds to join through, clients' operations. */
import type { Context, Data, ProtocolEvent } from '../protocol.ts';

/** Who is up in whose eyes, as sorted `name/life`; self among the alive. Dead and left are not listed. */
export type MembershipView = { readonly alive: readonly string[]; readonly suspect: readonly string[] };

type Operation = Extract<ProtocolEvent<never>, { type: 'operation' }>;

/** What a membership protocol does upon each kind of event. */
export interface MembershipSteps<State, Message, Timer, Settings> {
  readonly start: (
    state: State,
    restored: readonly Data[] | undefined,
    seeds: readonly string[],
    ctx: Context<Message, Settings>,
  ) => void;
  readonly message: (
    state: State,
    from: string,
    fromLife: number,
    message: Message,
    ctx: Context<Message, Settings>,
  ) => void;
  readonly timer: (state: State, timer: Timer, ctx: Context<Message, Settings>) => void;
  readonly operation: (state: State, event: Operation, ctx: Context<Message, Settings>) => void;
  readonly leave: (state: State, ctx: Context<Message, Settings>) => void;
}

/** Hands each event to its step. Timers are those that the protocol set itself. */
export function membershipHandler<State, Message, Timer extends Data, Settings>(
  steps: MembershipSteps<State, Message, Timer, Settings>,
): (state: State, event: ProtocolEvent<Message>, ctx: Context<Message, Settings>) => void {
  return (state, event, ctx) => {
    switch (event.type) {
      case 'start':
        steps.start(state, event.restored, event.seeds, ctx);
        return;
      case 'message':
        steps.message(state, event.from, event.fromLife, event.message, ctx);
        return;
      case 'timer':
        steps.timer(state, event.timer as Timer, ctx);
        return;
      case 'operation':
        steps.operation(state, event, ctx);
        return;
      case 'leave':
        steps.leave(state, ctx);
        return;
      case 'membership':
        // This protocol is where such news come from.
        return;
    }
  };
}

/** The seeds that are members of the plan, self left out. */
export function knownSeeds(seeds: readonly string[], self: string, roster: ReadonlySet<string>): string[] {
  return seeds.filter((seed) => seed !== self && roster.has(seed));
}

/** Answers `members` with `value`, lets the member `leave`, and refuses every other operation in the name of `protocol`. */
export function answerMembership(
  protocol: string,
  { id, f }: Operation,
  value: () => Data,
  leave: () => void,
  ctx: Pick<Context<never>, 'reply'>,
): void {
  if (f === 'members') ctx.reply(id, { type: 'ok', value: value() });
  else if (f === 'leave') {
    leave();
    ctx.reply(id, { type: 'ok' });
  } else ctx.reply(id, { type: 'fail', error: `${protocol} knows no operation ${f}` });
}
