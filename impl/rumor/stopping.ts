/**
 * When a member loses interest in a rumour: the rules of Demers et al. 1987, section 1.4, as pure functions, so that
 * the protocol and a lock-step model decide by the same code.
 *
 * A rumour's counter starts at 0. The functions return its new value, or `REMOVED`.
 */

export interface StoppingRule {
  /** `coin`: stop with chance 1/k. `counter`: stop at k. */
  readonly stop: 'coin' | 'counter';
  /** `feedback`: only contacts that knew the rumour already count. `blind`: every contact counts. */
  readonly feedback: 'feedback' | 'blind';
  /** At least 1. */
  readonly k: number;
}

export const REMOVED = -1;

/**
 * After the rumour was pushed to one member. `useful`: that member did not know it; ignored when blind. A useful push
 * sets a counter back: the paper omits to say so, but its table 1 needs it. `draw` gives a uniform number in [0, 1) and
 * is called at most once.
 */
export function afterPush(rule: StoppingRule, counter: number, useful: boolean, draw: () => number): number {
  if (rule.feedback === 'feedback' && useful) return rule.stop === 'counter' ? 0 : counter;
  return grown(rule, counter, draw);
}

/**
 * After a cycle in which `answered` members pulled the rumour and `needed` of them did not know it. With feedback the
 * counter is set back if any needed it, and grows by one if it was pulled in vain; a cycle in which nobody pulled
 * changes nothing.
 */
export function afterPulledCycle(
  rule: StoppingRule,
  counter: number,
  answered: number,
  needed: number,
  draw: () => number,
): number {
  if (answered === 0) return counter;
  return afterPush(rule, counter, needed > 0, draw);
}

/**
 * Minimization (section 1.4): of two that exchange a rumour which both know, only the one with the smaller counter counts
 * it, both where they are equal; who was removed stands above all. Whether the one that stands at `mine` counts it.
 */
export function countsMinimized(mine: number, theirs: number): boolean {
  return theirs === REMOVED || mine <= theirs;
}

/** Whether a rumour that was hot for so many rounds is removed for that alone. */
export function outOfRounds(rounds: number, maxRounds: number): boolean {
  return rounds >= maxRounds;
}

function grown(rule: StoppingRule, counter: number, draw: () => number): number {
  if (rule.stop === 'coin') return draw() < 1 / rule.k ? REMOVED : counter;
  return counter + 1 >= rule.k ? REMOVED : counter + 1;
}
