/** What Byzantine rumour mongers do. A liar signs in its own name alone; what it says for others it cannot sign. */
import { flood, Memory, othersOf, replay, retelling, told, withhold } from '../primitives/lying.ts';
import type { Liar, Lie, LieContext, Told } from '../protocol.ts';
import { type Message, type Rumor, signedText, VALUE_LIMIT_BYTES } from './messages.ts';
import type { RumorSettings } from './settings.ts';

const FORGED = '~';
const FORGE_EVERY_MS = 500;
/** Far above what anybody really sends. */
const FORGED_SEQUENCE = 1_000_000;

type Telling = Liar<Message>;

/** Each rumour on its way, changed; undefined: it is left out. */
function rumorsRetold(change: (rumor: Rumor, to: string) => Rumor | undefined): Telling {
  return retelling((message, to) => {
    if (message.type !== 'push' && message.type !== 'answer') return message;
    const rumors = message.rumors.map((rumor) => change(rumor, to)).filter((rumor) => rumor !== undefined);
    return rumors.length === 0 ? undefined : { ...message, rumors };
  });
}

function marked(value: string): string {
  return value.length + FORGED.length > VALUE_LIMIT_BYTES / 4 ? value : value + FORGED;
}

/** The rumour with another text, under whatever signature there was. */
function altered([origin, life, sequence, value, signature]: Rumor): Rumor {
  const rumor = [origin, life, sequence, marked(value)] as const;
  return signature === undefined ? rumor : [...rumor, signature];
}

/** One half of the members hears another text of what the liar itself broadcasts, well signed where it signs. */
const equivocate: Lie<Message, RumorSettings> = ({ self, roster, signer, settings }) =>
  rumorsRetold((rumor, to) => {
    const [origin, life, sequence] = rumor;
    if (origin !== self || roster.indexOf(to) % 2 === 0) return rumor;
    const value = marked(rumor[3]);
    const signature = settings.signed ? signer?.sign(signedText(origin, life, sequence, value)) : undefined;
    return signature === undefined ? [origin, life, sequence, value] : [origin, life, sequence, value, signature];
  });

/** Rumours that nobody broadcast, in the name of others. `signatureOf`: what is put under them. */
function inventing(
  context: LieContext<RumorSettings>,
  signatureOf: (text: string, genuine: string | undefined) => string | undefined,
): Telling {
  const others = othersOf(context);
  const signatures = new Memory<string>();
  let count = 0;
  const note = (message: Message): void => {
    if (message.type !== 'push' && message.type !== 'answer') return;
    for (const rumor of message.rumors) if (rumor[4] !== undefined) signatures.add(rumor[4], false);
  };
  return {
    tell(to, message, stream) {
      note(message);
      return [told(to, message, stream)];
    },
    hear: (_from, _life, message) => note(message),
    everyMs: FORGE_EVERY_MS,
    act() {
      const origin = others[count % Math.max(1, others.length)];
      if (origin === undefined) return [];
      count++;
      const sequence = FORGED_SEQUENCE + count;
      const value = `forged ${count}`;
      const genuine = signatures.any(context)?.message;
      const signature = context.settings.signed
        ? signatureOf(signedText(origin, 1, sequence, value), genuine)
        : undefined;
      const rumor: Rumor =
        signature === undefined ? [origin, 1, sequence, value] : [origin, 1, sequence, value, signature];
      const message: Message = { type: 'push', contact: count, feedback: false, pull: false, rumors: [rumor] };
      return others.filter((to) => to !== origin).map((to): Told<Message> => ({ to, message }));
    },
  };
}

export const rumorLies: Readonly<Record<string, Lie<Message, RumorSettings>>> = {
  withhold,
  replay,
  flood,
  equivocate,
  /** Passes on its own rumours and nobody else's. */
  select: ({ self }) => rumorsRetold((rumor) => (rumor[0] === self ? rumor : undefined)),
  /** Changes what it passes on for others. */
  corrupt: ({ self }) => rumorsRetold((rumor) => (rumor[0] === self ? rumor : altered(rumor))),
  /** Signs itself for those in whose name it speaks. */
  forge: (context) => inventing(context, (text) => context.signer?.sign(text)),
  /** Signatures that were made for something else, and some that are cut short. */
  'bad-signature': (context) =>
    inventing(context, (_, genuine) => (context.random.int(2) === 0 ? genuine : genuine?.slice(0, 40))),
  /** Says that it knew whatever it is told, so that others lose interest. */
  'digest-lie': () =>
    retelling((message) =>
      message.type === 'feedback' ? { ...message, known: '1'.repeat(message.known.length) } : message,
    ),
};
