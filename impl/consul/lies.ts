/** What Byzantine members of Consul's gossip do; `bad-signature` makes no sense here, as nothing is signed. */
import { membershipLies } from '../primitives/membership-lies.ts';
import type { Message } from './messages.ts';
import type { ConsulSettings } from './settings.ts';

const { 'bad-signature': _, ...lies } = membershipLies<Message, ConsulSettings>((i, u) => ({ k: 'gossip', i, u }));

export const consulLies = lies;
