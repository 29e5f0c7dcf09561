/** What an observer says of where members stand in the life cycle. */
import type { Observation } from '../protocol.ts';
import { parseId, STATUS_NAMES, type StatusCode } from './gossip.ts';

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
