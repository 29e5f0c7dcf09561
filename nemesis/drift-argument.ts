/** The factor of the two drift faults: clock seconds per real second. */

import { UserError } from '../harness/model/errors.ts';
import { parseNumber } from '../harness/model/units.ts';
import type { Random } from '../impl/protocol.ts';
import { singleArgument } from './link-argument.ts';

export interface DriftArgument {
  readonly factor: number;
}

/** A factor in [0.1, 10], 1 left out. */
export function parseDrift(text: string | true, flag: string): DriftArgument {
  const factor = parseNumber(singleArgument(text, flag, `${flag} 1.1`), flag, 0.1, 10);
  if (factor === 1) throw new UserError(`${flag} 1 is a clock that is right`, String(text), 'write 1.1 or 0.9');
  return { factor };
}

/** Up to a tenth too fast or too slow. */
export function drawDrift(random: Random): DriftArgument {
  const off = (1 + random.int(10)) / 100;
  return { factor: random.next() < 0.5 ? 1 + off : 1 - off };
}
