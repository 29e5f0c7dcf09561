/** The contacts in which a member told rumours, by number, until feedback comes. */
export class Contacts {
  /** Of this boot; by contact, the ids of the rumours told in it. */
  readonly #awaited = new Map<number, readonly string[]>();
  #next: number;

  /** `first`: drawn at random, for feedback to an earlier boot's contacts must not be taken for this one's. */
  constructor(first: number) {
    this.#next = first;
  }

  /** The number of a new contact that wants no feedback. */
  next(): number {
    const contact = this.#next;
    this.#next = (contact + 1) % 2 ** 32;
    return contact;
  }

  /** The number of a new contact. Of more than `most` that are awaited the oldest is forgotten. */
  awaitFeedback(told: readonly string[], most: number): number {
    const contact = this.next();
    this.#awaited.set(contact, told);
    if (this.#awaited.size > most) {
      for (const oldest of this.#awaited.keys()) {
        this.#awaited.delete(oldest);
        break;
      }
    }
    return contact;
  }

  /** What was told in a contact whose feedback is awaited. */
  toldIn(contact: number): readonly string[] | undefined {
    return this.#awaited.get(contact);
  }

  end(contact: number): void {
    this.#awaited.delete(contact);
  }
}
