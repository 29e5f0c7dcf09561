/**
 * SWIM's signed mode (own). A member signs its incarnation, and its leave; an alive, and an accusation at an incarnation,
 * count only with the signature that the accused itself gave for it. So nobody raises the incarnation of another, begins
 * a life for it, or makes it leave. Accusing is still free: what it costs the accused is one refutation, because a death
 * that is only heard of makes a suspect, and who is suspected by others is asked at once (swim.ts).
 *
 * Sizes: 88 bytes for the sender and for each update. A signature is checked when it brings news, and once: what is held
 * already, or is older, is not checked again.
 */
import { ALIVE, beats, LEFT, type StatusCode, type Update } from '../primitives/membership-order.ts';
import type { Data } from '../protocol.ts';
import type { Message } from './messages.ts';
import type { Proof, SwimContext, SwimState } from './state.ts';

/** With its header. */
export const SIGNATURE_BYTES = 88;

/** What a member signs of itself. */
export function standingText(name: string, life: number, incarnation: number, left: boolean): string {
  return JSON.stringify(['swim', name, life, incarnation, left]);
}

function ownSignature(state: SwimState, left: boolean, ctx: SwimContext): string {
  const text = standingText(state.self, state.life, state.incarnation, left);
  if (state.ownProof?.text === text) return state.ownProof.signature;
  const signature = ctx.signer?.sign(text) ?? '';
  state.ownProof = { text, signature };
  return signature;
}

function signatureOf(state: SwimState, [name, life, incarnation, status]: Update, ctx: SwimContext): string {
  if (name === state.self) return ownSignature(state, status === LEFT, ctx);
  const proof = state.proofs.get(name);
  if (proof === undefined || proof.life !== life || proof.incarnation !== incarnation) return '';
  return status === LEFT ? proof.left : proof.alive;
}

/** The message with the signatures of all that it claims. */
export function signed(state: SwimState, message: Message, ctx: SwimContext): Message {
  const g = [ownSignature(state, false, ctx), ...message.u.map((update) => signatureOf(state, update, ctx))];
  if (message.k === 'iack') g.push(signatureOf(state, [message.t, message.l, message.j, ALIVE], ctx));
  return { ...message, g };
}

/** What is left of a message once all that its signatures do not bear out is taken away; undefined: nothing. */
export function verified(
  state: SwimState,
  from: string,
  fromLife: number,
  message: Message,
  ctx: SwimContext,
): Message | undefined {
  const { g } = message;
  if (g === undefined || !isGenuine(state, [from, fromLife, message.i, ALIVE], g[0], ctx)) return undefined;
  if (message.k === 'iack' && !isGenuine(state, [message.t, message.l, message.j, ALIVE], g.at(-1), ctx)) {
    return undefined;
  }
  const u = message.u.filter((update, index) => isGenuine(state, update, g[index + 1], ctx));
  return { ...message, u };
}

function isGenuine(state: SwimState, update: Update, signature: string | undefined, ctx: SwimContext): boolean {
  const [name, life, incarnation, status] = update;
  // Nobody knows better than the member itself what it has signed.
  if (name === state.self) {
    if (state.quirks.believesAccusers) return true;
    return life === state.life && incarnation <= state.incarnation && (status !== LEFT || state.left);
  }
  if (!state.roster.has(name) || signature === undefined) return false;
  const held = state.beliefs.get(name);
  // What is no news does no harm.
  if (held !== undefined && !beats(update, held)) return true;
  const proof = state.proofs.get(name);
  const known = proof?.life === life && proof.incarnation === incarnation;
  if (known && (status === LEFT ? proof.left !== '' : proof.alive !== '')) return true;
  if (!isBorneOut(state, name, life, incarnation, status, signature, ctx)) return false;
  const before: Pick<Proof, 'alive' | 'left'> = known ? proof : { alive: '', left: '' };
  keep(state, name, {
    life,
    incarnation,
    alive: status === LEFT ? before.alive : signature,
    left: status === LEFT ? signature : before.left,
  });
  const { alive, left } = state.proofs.get(name) ?? before;
  ctx.persist({ p: [name, life, incarnation, alive, left] });
  return true;
}

function isBorneOut(
  state: SwimState,
  name: string,
  life: number,
  incarnation: number,
  status: StatusCode,
  signature: string,
  ctx: SwimContext,
): boolean {
  const { quirks } = state;
  if (quirks.trustsSignatures || (quirks.believesAccusers && status !== ALIVE && status !== LEFT)) return true;
  return ctx.signer?.verify(name, standingText(name, life, incarnation, status === LEFT), signature) === true;
}

function keep(state: SwimState, name: string, proof: Proof): void {
  state.proofs.set(name, proof);
  state.whole = undefined;
}

/** Takes up the signatures among the records of this life. */
export function restoreProofs(state: SwimState, records: readonly Data[]): void {
  for (const record of records) {
    if (typeof record !== 'object' || record === null || !('p' in record) || !Array.isArray(record.p)) continue;
    const [name, life, incarnation, alive, left] = record.p as [string, number, number, string, string];
    keep(state, name, { life, incarnation, alive, left });
  }
}
