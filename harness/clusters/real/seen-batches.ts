/**
 * Which batches of reports have been taken. A member that comes back with its state reports its last batch again, because
 * its last process may have died before it could (harness/node/journal.ts); each is to be taken exactly once.
 */
export class SeenBatches {
  /** By member: the life it is in and that life's latest batch. Batches come in order, from one process at a time. */
  readonly #latest = new Map<string, { readonly life: number; readonly batch: number }>();

  /** Whether the batch has not been seen before; from here on it has. */
  isNew(member: string, life: number, batch: number): boolean {
    const latest = this.#latest.get(member);
    if (latest !== undefined && latest.life === life && batch <= latest.batch) return false;
    this.#latest.set(member, { life, batch });
    return true;
  }
}
