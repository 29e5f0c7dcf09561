/** What Byzantine members of Cassandra's gossip do. It accuses nobody by name: each judges by the heartbeats it sees. */
import { flap, flood, othersOf, replay, retelling, speaking, withhold } from '../primitives/lying.ts';
import type { Liar, Lie, LieContext, Told } from '../protocol.ts';
import { leftStatus, STATUS } from './endpoint.ts';
import { type AppState, type EndpointDelta, MAX_NUMBER, MAX_VALUE_LENGTH, type Message } from './messages.ts';
import type { CassandraSettings } from './settings.ts';

const SPEAK_EVERY_MS = 500;
/** How far ahead of what was heard a forged version is. */
const AHEAD = 100_000;

/** Speaks of one of the others after the other, starting from the newest that was heard of it. */
function speakingOf(
  context: LieContext,
  deltaAbout: (newest: EndpointDelta, turn: number) => EndpointDelta,
): Liar<Message> {
  const others = othersOf(context);
  const newest = new Map<string, EndpointDelta>();
  let turn = 0;
  return {
    ...speaking<Message>(SPEAK_EVERY_MS, () => {
      const victim = newest.get(others[turn++ % Math.max(1, others.length)] ?? '');
      if (victim === undefined) return [];
      const message: Message = { k: 'ack2', s: [deltaAbout(victim, turn)] };
      return others.map((to): Told<Message> => ({ to, message }));
    }),
    hear(_from, _life, message) {
      if (!('s' in message)) return;
      for (const delta of message.s) {
        const held = newest.get(delta[0]);
        const later = held === undefined || delta[1] > held[1] || (delta[1] === held[1] && delta[3] >= held[3]);
        if (later) newest.set(delta[0], delta);
      }
    },
  };
}

function raised(version: number): number {
  return Math.min(MAX_NUMBER, version + AHEAD);
}

export const cassandraLies: Readonly<Record<string, Lie<Message, CassandraSettings>>> = {
  withhold,
  replay,
  flood,
  flap,
  /** Says of those that live that they have left. */
  accuse: (context) =>
    speakingOf(context, ([name, life, generation, heartbeat]) => {
      const status: AppState = [STATUS, leftStatus(0), raised(heartbeat)];
      return [name, life, generation, raised(heartbeat), [status]];
    }),
  /** Beats for others, far ahead of their own hearts. */
  forge: (context) =>
    speakingOf(context, ([name, life, generation, heartbeat]) => [name, life, generation, raised(heartbeat), []]),
  /** Tells of endpoints that there are not, and of lives that others never began. */
  sybil: (context) =>
    speakingOf(context, ([name, life, generation], turn) =>
      turn % 2 === 0
        ? [`${context.self}-sybil-${turn}`, 1, generation, 1, []]
        : [name, Math.min(MAX_NUMBER, life + 1), generation + 1, 1, []],
    ),
  /** Claims to have later versions of everything than it has, so that nobody tells it anything or asks in vain. */
  'digest-lie': () =>
    retelling((message) =>
      message.k === 'syn'
        ? {
            ...message,
            d: message.d.map(([name, life, generation, version]) => [name, life, generation, raised(version)]),
          }
        : message,
    ),
  /** Changes the application states that it hands on for others. */
  corrupt: ({ self }) =>
    retelling((message) => {
      if (!('s' in message)) return message;
      const s = message.s.map((delta): EndpointDelta => {
        const [name, life, generation, heartbeat, states] = delta;
        if (name === self) return delta;
        const changed = states.map(
          ([key, value, version]): AppState =>
            value.length < MAX_VALUE_LENGTH / 2 && key !== STATUS ? [key, `${value}~`, version] : [key, value, version],
        );
        return [name, life, generation, heartbeat, changed];
      });
      return { ...message, s };
    }),
};
