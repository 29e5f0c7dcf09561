/**
 * A quota of processor time, as Linux keeps it (CFS bandwidth control): so much for each period of 100 ms. Who has used it
 * up waits for the next period, what is over it is taken from later ones, and what is left over is lost. For the
 * simulator, where each step of a member is taken to cost so much. A member that asks for less is never held up.
 */

const PERIOD_NS = 100e6;

/**
 * Processor time of a step (a message, a timer or an operation handled) and of a message sent, ns. On the `local` cluster a
 * member of the suite that sends and receives 42 messages a second was seen to use 22 ms a second, on a processor of some
 * 2.5 GHz; with about 25 timers a second these figures make it as much.
 */
export const STEP_COST_NS = 250_000;
export const SEND_COST_NS = 150_000;

export class CpuBudget {
  readonly share: number;
  readonly #quotaNs: number;
  #periodNs: number;
  #leftNs: number;

  /** The first period begins at `nowNs`. */
  constructor(share: number, nowNs: number) {
    this.share = share;
    this.#quotaNs = Math.round(share * PERIOD_NS);
    this.#periodNs = nowNs;
    this.#leftNs = this.#quotaNs;
  }

  spend(costNs: number, nowNs: number): void {
    this.#enterPeriod(nowNs);
    this.#leftNs -= costNs;
  }

  /** From when on it may run; `nowNs` where that is at once. */
  freeAtNs(nowNs: number): number {
    this.#enterPeriod(nowNs);
    if (this.#leftNs > 0) return nowNs;
    const periods = Math.floor(-this.#leftNs / this.#quotaNs) + 1;
    return this.#periodNs + periods * PERIOD_NS;
  }

  #enterPeriod(nowNs: number): void {
    const passed = Math.floor((nowNs - this.#periodNs) / PERIOD_NS);
    if (passed <= 0) return;
    this.#periodNs += passed * PERIOD_NS;
    this.#leftNs = Math.min(this.#quotaNs, this.#leftNs + passed * this.#quotaNs);
  }
}

/** Periods that lie in a wait of this length, begun ones included. */
export function periodsIn(waitNs: number): number {
  return Math.ceil(waitNs / PERIOD_NS);
}
