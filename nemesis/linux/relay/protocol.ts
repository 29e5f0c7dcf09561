/** What a member's network and its relay say to each other: JSON lines on the relay's stdin and stdout. */
import type { RelayFlow } from '../nft-batch.ts';
import type { RelayParts } from '../placement.ts';

export interface RelayRule {
  /** Place of the flow in the list of `flows`. */
  readonly flow: number;
  /** Names the link in draws. */
  readonly link: string;
  readonly parts: RelayParts;
}

export type RelayCommand =
  /** The first line. One socket for each; answered by `ready`. */
  | { readonly type: 'flows'; readonly seed: string; readonly flows: readonly RelayFlow[] }
  /** From here these rules, and no others; answered by `ruled`. Flows without one pass as they come. */
  | { readonly type: 'rules'; readonly rules: readonly RelayRule[] };

export type RelayReply =
  /** The relay's own port for each flow, in the flows' order. */
  | { readonly type: 'ready'; readonly ports: readonly number[] }
  | { readonly type: 'ruled' }
  | { readonly type: 'failed'; readonly reason: string };
