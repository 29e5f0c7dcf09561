/**
 * Numbers for instances, which quicker than texts tell one from another: every vote and every acknowledgement that
 * arrives is looked up by its instance.
 */
export class InstanceNumbers {
  /** By origin, then by its life: the numbers by sequence. */
  readonly #numbers: Map<number, Map<number, number>>[] = [];
  #next = 0;

  /** From 0, in the order in which they are first asked for. `origin`: index in the roster. */
  of(origin: number, life: number, sequence: number): number {
    let lives = this.#numbers[origin];
    if (lives === undefined) {
      lives = new Map();
      this.#numbers[origin] = lives;
    }
    let sequences = lives.get(life);
    if (sequences === undefined) {
      sequences = new Map();
      lives.set(life, sequences);
    }
    let number = sequences.get(sequence);
    if (number === undefined) {
      number = this.#next++;
      sequences.set(sequence, number);
    }
    return number;
  }

  /** Undefined for an instance that was never asked for. */
  find(origin: number, life: number, sequence: number): number | undefined {
    return this.#numbers[origin]?.get(life)?.get(sequence);
  }
}
