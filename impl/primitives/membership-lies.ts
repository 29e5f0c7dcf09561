/**
 * Lies of members of the SWIM family, whose messages all carry the sender's incarnation `i` and updates `u`; in a signed
 * mode also signatures `g`: the sender's own first, then one for each update.
 */
import type { Liar, Lie, LieContext, Told } from '../protocol.ts';
import { flap, flood, othersOf, replay, retelling, speaking, told, withhold } from './lying.ts';
import { MAX_NUMBER } from './membership-claims.ts';
import { ALIVE, DEAD, LEFT, type StatusCode, SUSPECT, type Update } from './membership-order.ts';

export interface Speech {
  readonly i: number;
  readonly u: readonly Update[];
  readonly g?: readonly string[] | undefined;
}

/** Makes a message that only carries news, in the protocol's own form. */
export type MakeNews<M> = (i: number, u: readonly Update[], g: readonly string[] | undefined) => M;

const ACCUSE_EVERY_MS = 400;
/** How far ahead of what its owner has said an incarnation is put. */
const INFLATION = 1000;
const SYBILS = 5;

interface Standing {
  readonly life: number;
  readonly incarnation: number;
  readonly signature: string;
}

/** What a liar has learned of the others, and what it last said of itself. */
class Ears<M extends Speech> {
  readonly standings = new Map<string, Standing>();
  own: { readonly i: number; readonly signature: string | undefined } | undefined;

  tell(message: M): void {
    this.own = { i: message.i, signature: message.g?.[0] };
  }

  hear(from: string, life: number, message: M): void {
    this.#note(from, life, message.i, message.g?.[0]);
    message.u.forEach(([name, itsLife, incarnation, status], index) => {
      if (status !== LEFT) this.#note(name, itsLife, incarnation, message.g?.[index + 1]);
    });
  }

  #note(name: string, life: number, incarnation: number, signature = ''): void {
    const held = this.standings.get(name);
    if (held !== undefined && (held.life > life || (held.life === life && held.incarnation >= incarnation))) return;
    this.standings.set(name, { life, incarnation, signature });
  }
}

type Claim = readonly [update: Update, signature: string];

/** Tells all others so, every so often, about one of them after the other. */
function claiming<M extends Speech>(
  context: LieContext,
  news: MakeNews<M>,
  claimsAbout: (victim: string, standing: Standing, turn: number) => readonly Claim[],
): Liar<M> {
  const others = othersOf(context);
  const ears = new Ears<M>();
  let turn = 0;
  const honest = speaking<M>(ACCUSE_EVERY_MS, () => {
    const victim = others[turn % Math.max(1, others.length)];
    const standing = victim === undefined ? undefined : ears.standings.get(victim);
    const { own } = ears;
    if (victim === undefined || standing === undefined || own === undefined) {
      turn++;
      return [];
    }
    const claims = claimsAbout(victim, standing, turn++);
    const signatures = own.signature === undefined ? undefined : [own.signature, ...claims.map(([, one]) => one)];
    const message = news(
      own.i,
      claims.map(([update]) => update),
      signatures,
    );
    return others.map((to): Told<M> => ({ to, message }));
  });
  return {
    ...honest,
    tell(to, message, stream) {
      ears.tell(message);
      return [told(to, message, stream)];
    },
    hear: (from, life, message) => ears.hear(from, life, message),
  };
}

function accusation(status: StatusCode, by: string, victim: string, standing: Standing, ahead: number): Claim {
  const incarnation = Math.min(MAX_NUMBER, standing.incarnation + ahead);
  return [[victim, standing.life, incarnation, status, by], standing.signature];
}

export function membershipLies<M extends Speech, S>(news: MakeNews<M>): Readonly<Record<string, Lie<M, S>>> {
  return {
    withhold,
    replay,
    flood,
    flap,
    /** Suspects and declares dead whoever lives, in its own name and in others', at incarnations true and inflated. */
    accuse: (context) =>
      claiming<M>(context, news, (victim, standing, turn) => {
        const by = turn % 3 === 0 ? (context.roster[turn % context.roster.length] ?? context.self) : context.self;
        const status = turn % 2 === 0 ? SUSPECT : DEAD;
        return [accusation(status, by, victim, standing, [0, INFLATION, 0, MAX_NUMBER][turn % 4] ?? 0)];
      }),
    /** Speaks for others: that they live at a higher incarnation, or have left. */
    forge: (context) =>
      claiming<M>(context, news, (victim, { life, incarnation, signature }, turn) => {
        const raised: Claim = [[victim, life, Math.min(MAX_NUMBER, incarnation + 1), ALIVE], signature];
        return turn % 4 === 3 ? [[[victim, life, incarnation, LEFT], signature]] : [raised];
      }),
    /** As `forge`, under a signature cut short or one that was made for something else. */
    'bad-signature': (context) =>
      claiming<M>(context, news, (victim, { life, incarnation, signature }, turn) => {
        const cut = turn % 2 === 0 ? signature.slice(0, -1) : signature;
        return [[[victim, life, Math.min(MAX_NUMBER, incarnation + 1 + (turn % 5)), ALIVE], cut]];
      }),
    /** Tells of members that there are not, and of lives that others never began. */
    sybil: (context) =>
      claiming<M>(context, news, (victim, { life, signature }, turn) => {
        const names = Array.from({ length: SYBILS }, (_, index) => `${context.self}-sybil-${turn}-${index}`);
        const strangers = names.map((name): Claim => [[name, 1, 0, ALIVE], signature]);
        return [...strangers, [[victim, Math.min(MAX_NUMBER, life + 1), 0, ALIVE], signature]];
      }),
    /** Lets stand what is said against it: it goes on in the incarnation that it began with. */
    'no-refute': (context) => {
      let first: Speech | undefined;
      return retelling<M>((message) => {
        first ??= message;
        const { i, g } = first;
        const kept = message.u.map(([name]) => name !== context.self);
        const u = message.u.filter((_, index) => kept[index]);
        const own = g?.[0];
        if (message.g === undefined || own === undefined) return { ...message, i, u };
        const after = message.u.length + 1;
        const signatures = message.g.filter((_, index) => index > 0 && (index >= after || kept[index - 1]));
        return { ...message, i, u, g: [own, ...signatures] };
      });
    },
  };
}
