/**
 * The pushes and pulls that a member has begun, until it is known how useful they were. A contact that brought no answer
 * at all says nothing (it may have been lost, or its partner be gone) and is left out.
 */
import type { Direction } from './adaptation.ts';

/** Own rounds that a contact is given for all of its answers. */
const ROUNDS_GIVEN = 2;

interface Contact {
  readonly direction: Direction;
  readonly partner: string;
  /** The member's own round in which it began. */
  readonly round: number;
  answered: boolean;
  fresh: number;
  items: number;
}

/** What a contact carried: `fresh` of its `items` were new to their receiver. */
export interface Ended {
  readonly direction: Direction;
  readonly fresh: number;
  readonly items: number;
}

export class Contacts {
  readonly #open = new Map<number, Contact>();
  #next: number;
  #round = 0;

  /** `first`: numbers of an earlier boot must not be taken for this one's. */
  constructor(first: number) {
    this.#next = first;
  }

  /** The new contact's number. */
  begin(direction: Direction, partner: string): number {
    const number = this.#next;
    this.#next = (number + 1) % 2 ** 32;
    this.#open.set(number, { direction, partner, round: this.#round, answered: false, fresh: 0, items: 0 });
    return number;
  }

  /**
   * An answer of the partner's, in one of perhaps several messages; one to an unknown contact counts nothing. False where
   * it is unknown.
   */
  answered(direction: Direction, number: number, partner: string, fresh: number, items: number): boolean {
    const contact = this.#open.get(number);
    if (contact === undefined || contact.direction !== direction || contact.partner !== partner) return false;
    contact.answered = true;
    contact.fresh += fresh;
    contact.items += items;
    return true;
  }

  /** Begins a new round; those that have had their time and were answered, in the order in which they began. */
  nextRound(): Ended[] {
    this.#round++;
    const ended: Ended[] = [];
    for (const [number, contact] of this.#open) {
      if (contact.round > this.#round - ROUNDS_GIVEN) break;
      this.#open.delete(number);
      if (contact.answered) ended.push(contact);
    }
    return ended;
  }
}
