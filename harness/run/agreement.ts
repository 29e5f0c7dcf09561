/** One round of polls: do the members that must agree hold equal views? */

/** Whose views of a channel must be equal for the run to come to rest. */
export interface AgreementRule {
  readonly channel: string;
  /** Members that owe agreement when they are up; liars, who is outside the core, and where the protocol says so lost lives, are not here. */
  readonly obliged: ReadonlySet<string>;
  /** Also what one of them has accepted or delivered as a broadcast must be delivered by all of them. */
  readonly delivers: boolean;
}

export class Agreement {
  readonly #rules: readonly AgreementRule[];
  readonly #asked: readonly string[];
  /** channel -> member -> digest */
  readonly #digests = new Map<string, Map<string, string>>();

  constructor(rules: readonly AgreementRule[], asked: readonly string[]) {
    this.#rules = rules;
    this.#asked = asked;
    for (const rule of rules) this.#digests.set(rule.channel, new Map());
  }

  add(member: string, channel: string, digest: string): void {
    this.#digests.get(channel)?.set(member, digest);
  }

  /** Every member that was asked has answered for every channel that counts. */
  get complete(): boolean {
    return (
      this.#asked.length > 0 &&
      this.#rules.every((rule) => this.#asked.every((member) => this.#digests.get(rule.channel)?.has(member)))
    );
  }

  /** All obliged members that answered hold equal views, on every channel. */
  get agreed(): boolean {
    return this.#rules.every((rule) => new Set(this.#obligedDigests(rule).map(([, digest]) => digest)).size <= 1);
  }

  /** The size of the largest group of members that hold equal views on every channel they owe agreement on. */
  get largest(): number {
    const groups = new Map<string, number>();
    for (const member of this.#asked) {
      const key = this.#rules.map((rule) => this.#digests.get(rule.channel)?.get(member) ?? '?').join(' ');
      groups.set(key, (groups.get(key) ?? 0) + 1);
    }
    return Math.max(0, ...groups.values());
  }

  #obligedDigests(rule: AgreementRule): [string, string][] {
    return [...(this.#digests.get(rule.channel) ?? [])].filter(([member]) => rule.obliged.has(member));
  }
}
