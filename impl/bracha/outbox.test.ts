import { describe, expect, it } from 'vitest';
import type { BrachaMessage, Vote } from './messages.ts';
import { Outbox, voteKey } from './outbox.ts';

/** An outbox to one peer, with a clock that the test moves and the timer it has set last. */
function createBench() {
  const outbox = new Outbox(['peer'], { resendMs: 200, resendMaxMs: 1000, ackDelayMs: 50 });
  const sent: { at: number; message: BrachaMessage }[] = [];
  const timers: { at: number; token: number }[] = [];
  let now = 0;
  const ports = {
    monotonic: () => now,
    send: (_: string, message: BrachaMessage) => sent.push({ at: now, message }),
    setTimer: (delayMs: number, token: number) => timers.push({ at: now + delayMs, token }),
  };
  return {
    outbox,
    ports,
    sent,
    post(sequence: number) {
      const vote: Vote = [1, 0, 1, sequence, 'x'];
      outbox.post(voteKey(1, sequence), vote);
    },
    acknowledge(sequence: number, life = 1) {
      return outbox.acknowledged('peer', life, voteKey(1, sequence), ports);
    },
    owe(life: number, sequence: number) {
      outbox.owe('peer', life, [1, 2, 1, sequence], ports);
    },
    flush: () => outbox.flush(ports),
    /** Fires timers in order of time until then. */
    run(until: number) {
      for (;;) {
        timers.sort((a, b) => a.at - b.at);
        const next = timers[0];
        if (next === undefined || next.at > until) break;
        timers.shift();
        now = next.at;
        outbox.woken(next.token);
        outbox.flush(ports);
      }
      now = until;
    },
  };
}

describe('Outbox', () => {
  it('sends at once, then at doubling intervals up to the limit, and not after the acknowledgement', () => {
    const bench = createBench();
    bench.post(1);
    bench.flush();
    bench.run(5000);
    expect(bench.sent.map(({ at }) => at)).toEqual([0, 200, 600, 1400, 2400, 3400, 4400]);
    expect(bench.acknowledge(1)).toBe(true);
    expect(bench.acknowledge(1)).toBe(false);
    bench.run(20_000);
    expect(bench.sent).toHaveLength(7);
  });

  it('goes back to the first interval when the peer answers', () => {
    const bench = createBench();
    bench.post(1);
    bench.post(2);
    bench.flush();
    bench.run(3000);
    bench.sent.length = 0;
    bench.acknowledge(1);
    bench.flush();
    bench.run(3390);
    expect(bench.sent.map(({ at }) => at)).toEqual([3200]);
  });

  it('stops sending what is withdrawn', () => {
    const bench = createBench();
    bench.post(1);
    bench.flush();
    expect(bench.outbox.withdraw(voteKey(1, 1))).toBe(1);
    bench.run(5000);
    expect(bench.sent).toHaveLength(1);
  });

  it('has at most 128 votes under way, and sends the next ones as soon as some are acknowledged', () => {
    const bench = createBench();
    const votes = () => bench.sent.flatMap(({ message }) => message.votes.map((vote) => vote[3]));
    for (let sequence = 1; sequence <= 200; sequence++) bench.post(sequence);
    bench.flush();
    expect(votes()).toHaveLength(128);
    for (let sequence = 1; sequence <= 10; sequence++) bench.acknowledge(sequence);
    bench.flush();
    expect(votes().slice(128)).toEqual([129, 130, 131, 132, 133, 134, 135, 136, 137, 138]);
  });

  it('keeps acknowledgements for votes to ride with, but not for long, and a burst not at all', () => {
    const bench = createBench();
    bench.owe(1, 1);
    bench.flush();
    expect(bench.sent).toEqual([]);
    bench.post(1);
    bench.flush();
    expect(bench.sent[0]?.message).toMatchObject({ votes: [[1, 0, 1, 1, 'x']], acks: [[1, 2, 1, 1]], ackedLife: 1 });
    bench.owe(1, 2);
    bench.flush();
    bench.run(60);
    expect(bench.sent[1]).toEqual({ at: 50, message: { votes: [], acks: [[1, 2, 1, 2]], ackedLife: 1 } });
    for (let sequence = 0; sequence < 64; sequence++) bench.owe(1, 10 + sequence);
    bench.flush();
    expect(bench.sent[2]?.at).toBe(60);
  });

  it('answers only the latest life of a peer, and believes only that one', () => {
    const bench = createBench();
    bench.post(1);
    bench.owe(1, 1);
    bench.owe(2, 2);
    bench.owe(1, 3);
    bench.flush();
    expect(bench.sent[0]?.message).toMatchObject({ acks: [[1, 2, 1, 2]], ackedLife: 2 });
    expect(bench.acknowledge(1, 1)).toBe(false);
    expect(bench.acknowledge(1, 2)).toBe(true);
  });
});
