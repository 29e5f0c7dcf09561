/** What Byzantine members of an Akka cluster do. */
import { flap, flood, replay, retelling, speaking, withhold } from '../primitives/lying.ts';
import { incrementClock } from '../primitives/vector-clock.ts';
import type { Lie, Told } from '../protocol.ts';
import { DOWN, type Gossip, idOf, type MemberEntry, parseId, type Row } from './gossip.ts';
import { MAX_UID, type Message } from './messages.ts';
import type { AkkaSettings } from './settings.ts';

const JOIN_EVERY_MS = 1000;
const CHANGE_EVERY_MS = 500;
/** Row versions are raised so far above the real ones. */
const AHEAD = 1000;

function byId(a: readonly [string, ...unknown[]], b: readonly [string, ...unknown[]]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}

/** The state with the row of `observer` in place of the one it had, as if the liar had changed it just now. */
function withRow(gossip: Gossip, liar: string, observer: string, subjects: readonly string[]): Gossip {
  const version = (gossip.r.find(([id]) => id === observer)?.[1] ?? 0) + AHEAD;
  const row: Row = [observer, version, [...subjects].sort()];
  const r = [...gossip.r.filter(([id]) => id !== observer), row].sort(byId);
  return { ...gossip, r, c: incrementClock(gossip.c, liar), s: [liar] };
}

/**
 * A gossip at times, changed on its way: every change is a state that nobody has seen, and if each answer to one brought
 * the next, the members would do nothing else.
 */
function gossipRetold(change: (gossip: Gossip, sender: string) => Gossip): Lie<Message, AkkaSettings> {
  return ({ monotonic }) => {
    let last = Number.NEGATIVE_INFINITY;
    return retelling((message) => {
      if (message.k !== 'gossip' || monotonic() - last < CHANGE_EVERY_MS) return message;
      last = monotonic();
      return { ...message, g: change(message.g, message.f) };
    });
  };
}

export const akkaLies: Readonly<Record<string, Lie<Message, AkkaSettings>>> = {
  withhold,
  replay,
  flood,
  flap,
  /** Holds all others unreachable. */
  accuse: gossipRetold((gossip, sender) => {
    const others = gossip.m.map(([id]) => id).filter((id) => id !== sender);
    return withRow(gossip, sender, sender, others);
  }),
  /** Says that another member holds a third one unreachable, and downs the last of the list as if a leader had. */
  forge: gossipRetold((gossip, sender) => {
    const others = gossip.m.map(([id]) => id).filter((id) => id !== sender);
    const [observer, subject] = others;
    if (observer === undefined || subject === undefined) return gossip;
    const forged = withRow(gossip, sender, observer, [subject]);
    const last = others.at(-1);
    const m = forged.m.map(([id, status]): MemberEntry => [id, id === last ? DOWN : status]);
    return { ...forged, m };
  }),
  /** Claims that everybody has seen every state, so that nobody waits for anybody. */
  'digest-lie': gossipRetold((gossip) => ({ ...gossip, s: gossip.m.map(([id]) => id) })),
  /** Wants to join again and again, each time as somebody else at its own address. */
  sybil: ({ self, roster }) => {
    let own: string | undefined;
    let turn = 0;
    return {
      ...speaking<Message>(JOIN_EVERY_MS, () => {
        if (own === undefined) return [];
        const identity = parseId(own);
        const f = idOf({ ...identity, uid: (identity.uid + ++turn) % MAX_UID });
        return roster.filter((to) => to !== self).map((to): Told<Message> => ({ to, message: { k: 'join', f } }));
      }),
      tell(to, message, stream) {
        own = message.f;
        return [stream ? { to, message, stream } : { to, message }];
      },
    };
  },
};
