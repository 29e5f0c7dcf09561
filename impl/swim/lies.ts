/** What Byzantine members of SWIM do. */
import { membershipLies } from '../primitives/membership-lies.ts';
import type { Message } from './messages.ts';
import type { SwimSettings } from './settings.ts';

export const swimLies = membershipLies<Message, SwimSettings>((i, u, g) =>
  g === undefined ? { k: 'news', i, u } : { k: 'news', i, u, g },
);
