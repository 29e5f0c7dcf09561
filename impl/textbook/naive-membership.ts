/** What naive membership protocols have in common at their edges: what clients ask for, and what a boot remembers. */
import type { Context, Data, ProtocolEvent } from '../protocol.ts';

/** Answers the operation `members` with `value`, and refuses every other one. */
export function answerMembers<Message, Settings>(
  event: Extract<ProtocolEvent<Message>, { type: 'operation' }>,
  value: () => Data,
  ctx: Context<Message, Settings>,
): void {
  if (event.f === 'members') ctx.reply(event.id, { type: 'ok', value: value() });
  else ctx.reply(event.id, { type: 'fail', error: `no operation ${event.f}` });
}

/** The largest number among the records of a life, each of which is one that a boot has taken; 0 where there is none. */
export function lastTaken(records: readonly Data[]): number {
  return records.reduce<number>((most, record) => (typeof record === 'number' && record > most ? record : most), 0);
}
