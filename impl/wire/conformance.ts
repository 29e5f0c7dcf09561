/** Test support: what every protocol's check of arriving messages must do, run against each of them. */
import { encode, decode as unpack } from '@msgpack/msgpack';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Data, type Protocol, settingsOf } from '../protocol.ts';
import { World } from '../testkit.ts';

export interface Decoding<Message> {
  readonly decode: (raw: unknown) => Message | undefined;
  readonly kindOf: (message: Message) => string;
  /** At least one message of every kind. */
  readonly good: readonly Message[];
  /** What is no message, and why. */
  readonly bad: readonly (readonly [why: string, raw: unknown])[];
}

export function decodingConformance<Message>({ decode, kindOf, good, bad }: Decoding<Message>): void {
  it('lets every kind of message through, also after encoding', () => {
    for (const message of good) {
      expect(decode(unpack(encode(message)))).toEqual(message);
      expect(kindOf(message)).toMatch(/^[a-z0-9-]+$/);
    }
  });

  it.each(bad)('refuses %s', (_, raw) => {
    expect(decode(raw)).toBeUndefined();
  });

  it('never throws, whatever arrives', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true }), (raw) => {
        expect(decode(raw)).toBeUndefined();
      }),
      { numRuns: 3000 },
    );
  });
}

export interface Flood<State, Message, View extends Data, Settings> {
  readonly protocol: Protocol<State, Message, View, Settings>;
  /** Of the quick settings. */
  readonly settings?: Partial<Settings>;
  /** Of what the two others send to a member, some must be messages. */
  readonly messages: fc.Arbitrary<unknown>;
  /** The world runs for so long at most before they come, and for so long after them. */
  readonly beforeMs: number;
  readonly afterMs: number;
  readonly runs: number;
  /** So many must have been messages. */
  readonly least: number;
}

/** What passes `decode` never makes a member throw, nor send what would be refused: the world throws where one does. */
export function expectToBear<State, Message, View extends Data, Settings>(
  flood: Flood<State, Message, View, Settings>,
): void {
  const { protocol, beforeMs, afterMs } = flood;
  const settings = { ...settingsOf(protocol.settings, 'quick'), ...flood.settings };
  const batch = fc.array(fc.tuple(fc.constantFrom('n2', 'n3'), flood.messages), { minLength: 1, maxLength: 20 });
  let passed = 0;
  fc.assert(
    fc.property(batch, fc.nat(beforeMs), (messages, waitMs) => {
      const world = new World({ names: ['n1', 'n2', 'n3'], channels: [{ protocol, settings }] });
      world.startAll();
      world.run(waitMs);
      for (const [sender, raw] of messages) {
        if (protocol.decode(raw) !== undefined) passed++;
        world.inject('n1', sender, 1, raw);
      }
      world.run(afterMs);
      world.view('n1');
    }),
    { numRuns: flood.runs },
  );
  expect(passed).toBeGreaterThan(flood.least);
}

/** The messages of `good` with up to two fields changed: to a name, a number, a flag, claims or anything else. */
export function mutated(good: readonly object[], fields: readonly string[], values: fc.Arbitrary<unknown>) {
  const changes = fc.array(fc.tuple(fc.constantFrom(...fields), values), { maxLength: 2 });
  return fc
    .tuple(fc.constantFrom(...good), changes)
    .map(([message, changed]) => ({ ...message, ...Object.fromEntries(changed) }));
}
