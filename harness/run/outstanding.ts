/**
 * Broadcasts that someone who owes delivery has not delivered yet. Equal views do not show them: a broadcast that was
 * swallowed everywhere leaves all views equal, and a run that ended then could not say that it never came.
 */
import type { Observation } from '../../impl/protocol.ts';
import type { AgreementRule } from './agreement.ts';

export class Outstanding {
  /** channel -> who owes delivery */
  readonly #obliged = new Map<string, ReadonlySet<string>>();
  /** Instance -> who has delivered it; an instance that all have delivered is in `#done` alone. */
  readonly #waiting = new Map<string, Set<string>>();
  readonly #done = new Set<string>();

  constructor(rules: readonly AgreementRule[]) {
    for (const rule of rules) if (rule.delivers) this.#obliged.set(rule.channel, rule.obliged);
  }

  observe(member: string, life: number, channel: string, observation: Observation): void {
    if (observation.kind !== 'broadcast' && observation.kind !== 'deliver') return;
    const obliged = this.#obliged.get(channel);
    if (!obliged?.has(member)) return;
    const accepted = observation.kind === 'broadcast';
    const origin = accepted ? `${member}/${life}` : `${observation.origin}/${observation.originLife}`;
    const instance = `${channel}/${origin}/${observation.sequence}`;
    if (this.#done.has(instance)) return;
    let delivered = this.#waiting.get(instance);
    if (delivered === undefined) {
      delivered = new Set();
      this.#waiting.set(instance, delivered);
    }
    if (!accepted) delivered.add(member);
    if (delivered.size < obliged.size) return;
    this.#waiting.delete(instance);
    this.#done.add(instance);
  }

  get count(): number {
    return this.#waiting.size;
  }
}
