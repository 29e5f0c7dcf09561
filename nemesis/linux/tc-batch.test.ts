import { describe, expect, it } from 'vitest';
import type { PlacedLink } from './nft-batch.ts';
import type { NetemStage, Placement } from './placement.ts';
import { type TcState, tcRemoval, tcStep } from './tc-batch.ts';

const delay = (delayMs: number): NetemStage => ({ delay: { id: 'd', delayMs, jitterMs: 0 } });
const RATE = { id: 'b', bitsPerSecond: 1_000_000, queueMs: 100 };

function link(to: number, tc: Placement['tc']): PlacedLink {
  return {
    from: { name: 'n1', address: '198.18.0.1', port: 7000 },
    to: { name: `n${to}`, address: `198.18.0.${to}`, port: 7000 },
    placement: { cut: false, tc, nft: { loss: 0, duplicates: [] }, relay: undefined },
  };
}

const ROOT = 'qdisc add dev eth0 root handle 4ea5: htb default 0 direct_qlen 1000';
const FAST = 'htb rate 10gbit burst 1mb cburst 1mb quantum 60000';
const filter = (minor: number, to: number): string =>
  `filter add dev eth0 parent 4ea5: prio ${minor} protocol ip u32 match ip dst 198.18.0.${to}/32 match ip protocol 17 0xff flowid 4ea5:${minor}`;

describe('tc as text', () => {
  it('leaves a device alone while nothing leaves by it that is shaped', () => {
    expect(tcStep('eth0', undefined, [], 0)).toEqual({ lines: [], state: undefined });
    expect(tcStep('eth0', undefined, [link(2, undefined)], 0)).toEqual({ lines: [], state: undefined });
  });

  it('builds a class for each destination, and leads there last', () => {
    const { lines } = tcStep(
      'eth0',
      undefined,
      [link(2, { rate: undefined, stages: [delay(20)] }), link(3, { rate: RATE, stages: [] })],
      0,
    );
    expect(lines).toEqual([
      ROOT,
      `class add dev eth0 parent 4ea5: classid 4ea5:1 ${FAST}`,
      'qdisc add dev eth0 parent 4ea5:1 handle 1000: netem limit 100000 delay 20000us',
      filter(1, 2),
      'class add dev eth0 parent 4ea5: classid 4ea5:2 htb rate 1000000bit ceil 1000000bit burst 1514b cburst 1514b quantum 1514',
      'qdisc add dev eth0 parent 4ea5:2 handle 1001: bfifo limit 14014',
      filter(2, 3),
    ]);
  });

  it('chains stages, the queue for the rate behind them', () => {
    const stages: NetemStage[] = [{ ...delay(5), loss: 0.1 }, { reorder: { id: 'r', probability: 0.25, holdMs: 30 } }];
    const { lines } = tcStep('eth0', undefined, [link(2, { rate: { ...RATE, bitsPerSecond: 1e8 }, stages })], 0);
    expect(lines.slice(1, 5)).toEqual([
      'class add dev eth0 parent 4ea5: classid 4ea5:1 htb rate 100000000bit ceil 100000000bit burst 12500b cburst 12500b quantum 1514',
      'qdisc add dev eth0 parent 4ea5:1 handle 1000: netem limit 100000 delay 5000us loss random 10%',
      'qdisc add dev eth0 parent 1000:1 handle 1001: netem limit 100000 delay 30000us reorder 75%',
      'qdisc add dev eth0 parent 1001:1 handle 1002: bfifo limit 1251514',
    ]);
  });

  it('cuts streams too, where that is its business', () => {
    const { lines } = tcStep('eth0', undefined, [link(2, { rate: undefined, stages: [{ loss: 1 }], all: true })], 0);
    expect(lines.slice(2)).toEqual([
      'qdisc add dev eth0 parent 4ea5:1 handle 1000: netem limit 100000 loss random 100%',
      'filter add dev eth0 parent 4ea5: prio 1 protocol ip u32 match ip dst 198.18.0.2/32 flowid 4ea5:1',
    ]);
  });

  it('does nothing when nothing changes', () => {
    const links = [link(2, { rate: undefined, stages: [delay(20)] })];
    const { state } = tcStep('eth0', undefined, links, 0);
    const again = tcStep('eth0', state, links, 5000);
    expect(again.lines).toEqual([]);
    expect(again.state).toEqual(state);
  });

  it('changes a link by a new class, moves the filter without a gap, and lets the old one drain', () => {
    const first = tcStep('eth0', undefined, [link(2, { rate: undefined, stages: [delay(500)] })], 0);
    const second = tcStep('eth0', first.state, [link(2, { rate: undefined, stages: [delay(20)] })], 1000);
    expect(second.lines).toEqual([
      `class add dev eth0 parent 4ea5: classid 4ea5:2 ${FAST}`,
      'qdisc add dev eth0 parent 4ea5:2 handle 1001: netem limit 100000 delay 20000us',
      filter(2, 2),
      'filter del dev eth0 parent 4ea5: prio 1',
    ]);
    // It may hold datagrams for half a second, and a second more for good measure.
    const early = tcStep('eth0', second.state, [], 2400);
    expect(early.lines).toEqual(['filter del dev eth0 parent 4ea5: prio 2']);
    const late = tcStep('eth0', early.state, [], 2500);
    expect(late.lines).toEqual(['class del dev eth0 classid 4ea5:1']);
    expect(tcStep('eth0', late.state, [], 9000).lines).toEqual(['class del dev eth0 classid 4ea5:2']);
  });

  it('never gives out a number that is in use, however often links change', () => {
    let state: TcState | undefined;
    const keeper = link(9, { rate: undefined, stages: [delay(1)] });
    for (let turn = 0; turn < 70_000; turn++) {
      const step: ReturnType<typeof tcStep> = tcStep(
        'eth0',
        state,
        [keeper, link(2, { rate: undefined, stages: [delay(turn % 2)] })],
        turn * 5000,
      );
      state = step.state;
    }
    const live = state?.live ?? [];
    expect(live.map((entry) => entry.address)).toEqual(['198.18.0.9', '198.18.0.2']);
    expect(live[0]).toMatchObject({ minor: 1, majors: [0x1000] });
    expect(live[1]?.minor).not.toBe(1);
    expect(live[1]?.majors).not.toContain(0x1000);
  });

  it('takes away its own root, by its handle', () => {
    expect(tcRemoval('eth0')).toBe('qdisc del dev eth0 root handle 4ea5:');
  });
});
