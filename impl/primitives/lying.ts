/**
 * Lies that a member can tell in any protocol, because they need no word of it: silence towards some, silence at times,
 * old messages once more, and too many of them. Lies of a protocol's own stand beside it.
 */
import type { Liar, LieContext, Told } from '../protocol.ts';

/** Of a flood, messages a second to each peer. */
export const FLOOD_PER_SECOND = 100;
const FLOOD_EVERY_MS = 50;
const REPLAY_EVERY_MS = 200;
/** Old messages that a member remembers, and how many come after one before it is old. */
const REMEMBERED = 64;
const OLD_AFTER = 16;
/** Of a member that flaps: so long it speaks, and so long it does not. */
const FLAP_MS = 3000;

export function told<M>(to: string, message: M, stream: boolean): Told<M> {
  return stream ? { to, message, stream } : { to, message };
}

/** The members other than `self`, in the plan's order, from the one after it. */
export function othersOf({ self, roster }: Pick<LieContext, 'self' | 'roster'>): string[] {
  const place = roster.indexOf(self);
  return [...roster.slice(place + 1), ...roster.slice(0, Math.max(0, place))];
}

/** Each message, changed on its way; undefined: it is not sent. */
export function retelling<M>(change: (message: M, to: string) => M | undefined): Liar<M> {
  return {
    tell: (to, message, stream) => {
      const changed = change(message, to);
      return changed === undefined ? [] : [told(to, changed, stream)];
    },
  };
}

/** Every message leaves as it is; beside that, the member speaks on its own. */
export function speaking<M>(everyMs: number, act: () => readonly Told<M>[]): Liar<M> {
  return { tell: (to, message, stream) => [told(to, message, stream)], everyMs, act };
}

/** Silent to every second other member: links that are cut, and are no partition. */
export function withhold<M>(context: LieContext): Liar<M> {
  const starved = new Set(othersOf(context).filter((_, index) => index % 2 === 0));
  return retelling((message, to) => (starved.has(to) ? undefined : message));
}

/** Speaks for a while, and then says nothing for as long, again and again. */
export function flap<M>(context: LieContext): Liar<M> {
  return retelling((message) => (Math.floor(context.monotonic() / FLAP_MS) % 2 === 1 ? undefined : message));
}

/** The last messages that a member has sent or heard, the oldest first. */
export class Memory<M> {
  readonly #messages: { readonly message: M; readonly stream: boolean }[] = [];

  add(message: M, stream: boolean): void {
    this.#messages.push({ message, stream });
    if (this.#messages.length > REMEMBERED) this.#messages.shift();
  }

  /** One that others have followed; undefined while there is none. */
  old(context: LieContext): { readonly message: M; readonly stream: boolean } | undefined {
    const old = this.#messages.length - OLD_AFTER;
    return old < 1 ? undefined : this.#messages[context.random.int(old)];
  }

  any(context: LieContext): { readonly message: M; readonly stream: boolean } | undefined {
    const { length } = this.#messages;
    return length === 0 ? undefined : this.#messages[context.random.int(length)];
  }
}

/** Says once more, to anybody, what it or others have said some time ago. */
export function replay<M>(context: LieContext): Liar<M> {
  const others = othersOf(context);
  const memory = new Memory<M>();
  return {
    tell(to, message, stream) {
      memory.add(message, stream);
      return [told(to, message, stream)];
    },
    hear: (_from, _life, message) => memory.add(message, false),
    everyMs: REPLAY_EVERY_MS,
    act: () =>
      context.random.sample(others, 2).flatMap((to) => {
        const old = memory.old(context);
        return old === undefined ? [] : [told(to, old.message, old.stream)];
      }),
  };
}

/** Says to each of the others, `FLOOD_PER_SECOND` times a second, what it has said before to somebody. */
export function flood<M>(context: LieContext): Liar<M> {
  const others = othersOf(context);
  const memory = new Memory<M>();
  return {
    tell(to, message, stream) {
      if (!stream) memory.add(message, stream);
      return [told(to, message, stream)];
    },
    everyMs: FLOOD_EVERY_MS,
    act() {
      const out: Told<M>[] = [];
      for (let i = 0; i < (FLOOD_PER_SECOND * FLOOD_EVERY_MS) / 1000; i++) {
        for (const to of others) {
          const one = memory.any(context);
          if (one !== undefined) out.push(told(to, one.message, false));
        }
      }
      return out;
    },
  };
}
