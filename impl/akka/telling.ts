/** What an observer says of where members stand in the life cycle, and of which of several incarnations of a name. */
import type { Observation } from '../protocol.ts';
import { nameOf, parseId, STATUS_NAMES, type StatusCode } from './gossip.ts';

/** `made`: by this member itself; `converged`: as the leader, upon convergence. */
export type Origin = 'heard' | 'made' | 'converged';

export function lifecycleOf(id: string, status: StatusCode, origin: Origin): Observation {
  const { name, life, uid } = parseId(id);
  return {
    kind: 'lifecycle',
    subject: name,
    subjectLife: life,
    incarnation: uid,
    status: STATUS_NAMES[status] ?? 'removed',
    ...(origin === 'heard' ? {} : { made: true as const }),
    ...(origin === 'converged' ? { converged: true as const } : {}),
  };
}

/** Of several incarnations of a name the latest counts: whether a later one than `id` is among `ids`. */
export function hasLater(ids: Iterable<string>, id: string): boolean {
  const { name, life, uid } = parseId(id);
  for (const other of ids) {
    if (other === id || nameOf(other) !== name) continue;
    const held = parseId(other);
    if (held.life > life || (held.life === life && held.uid > uid)) return true;
  }
  return false;
}
