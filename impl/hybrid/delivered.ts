/**
 * The broadcasts that a member has delivered, kept with their texts: whoever lacks one can still be given it, a member
 * that starts anew included. Kept as entries of a versioned map, one version each, so that two members find what one of
 * them lacks by the same comparison as for the map; and as sets of sequence numbers, which is what an observer sees.
 */
import { parseVersion } from '../primitives/hybrid-clock.ts';
import { type Entry, VersionedMap } from '../primitives/versioned-map.ts';
import type { Data } from '../protocol.ts';
import { SequenceSet } from '../rumor/sequence-set.ts';

export interface Instance {
  readonly origin: string;
  readonly life: number;
  readonly sequence: number;
}

/** Lives in versions are kept in so many bits (hybrid-clock.ts). */
const LIVES_IN_VERSIONS = 2 ** 24;
const KEY = /^([^/!]{1,64})\/([1-9]\d{0,9})\/([1-9]\d{0,9})$/;

export function keyOf({ origin, life, sequence }: Instance): string {
  return `${origin}/${life}/${sequence}`;
}

/** Undefined for what is no broadcast: its version must be its origin's, and its value a text. */
export function instanceOf(entry: Entry): Instance | undefined {
  const [, origin = '', life, sequence] = KEY.exec(entry.key) ?? [];
  const version = parseVersion(entry.version);
  if (version === undefined || typeof entry.value !== 'string') return undefined;
  if (version.writer !== origin || version.life !== Number(life) % LIVES_IN_VERSIONS) return undefined;
  return { origin, life: Number(life), sequence: Number(sequence) };
}

export class Delivered {
  readonly entries = new VersionedMap();
  /** By `origin/life`. Texts are kept anyway, so gaps may be as many as there are. */
  readonly #sequences = new Map<string, SequenceSet>();

  has({ origin, life, sequence }: Instance): boolean {
    return this.#sequences.get(`${origin}/${life}`)?.has(sequence) ?? false;
  }

  /** The entry must be that instance's, which must not be there yet. */
  add(instance: Instance, entry: Entry): void {
    const source = `${instance.origin}/${instance.life}`;
    let sequences = this.#sequences.get(source);
    if (sequences === undefined) {
      sequences = new SequenceSet(Number.POSITIVE_INFINITY);
      this.#sequences.set(source, sequences);
    }
    sequences.add(instance.sequence);
    this.entries.put(entry);
  }

  /** As in `{ "n1/1": "1-4,6" }`, in order of origins; undefined while there is nothing. */
  view(): { readonly [source: string]: Data } | undefined {
    if (this.#sequences.size === 0) return undefined;
    const sources = [...this.#sequences].sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(sources.map(([source, sequences]) => [source, sequences.toString()]));
  }
}
