/** What waits for its time, in the order of (time, arrival): equal delays never overtake each other. */
interface Waiting<Item> {
  readonly dueMs: number;
  readonly item: Item;
}

export class DueQueue<Item> {
  readonly #waiting: Waiting<Item>[] = [];

  add(dueMs: number, item: Item): void {
    let low = 0;
    let high = this.#waiting.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#waiting[middle] as Waiting<Item>).dueMs <= dueMs) low = middle + 1;
      else high = middle;
    }
    this.#waiting.splice(low, 0, { dueMs, item });
  }

  get nextDueMs(): number | undefined {
    return this.#waiting[0]?.dueMs;
  }

  /** Takes out all that is due by then. */
  takeDue(untilMs: number): Item[] {
    const first = this.#waiting.findIndex((entry) => entry.dueMs > untilMs);
    return this.#waiting.splice(0, first === -1 ? this.#waiting.length : first).map((entry) => entry.item);
  }
}
