import { describe, expect, it } from 'vitest';
import type { LinkMember } from './link-rule.ts';
import { nftBatch, nftRemoval, type PlacedLink } from './nft-batch.ts';
import type { Placement } from './placement.ts';

const member = (index: number): LinkMember => ({ name: `n${index}`, address: `198.18.0.${index}`, port: 7000 });
const NOTHING: Placement = { cut: false, tc: undefined, nft: { loss: 0, duplicates: [] }, relay: undefined };
const link = (from: number, to: number, placement: Partial<Placement>): PlacedLink => ({
  from: member(from),
  to: member(to),
  placement: { ...NOTHING, ...placement },
});
const flow = (from: number, to: number) => ({
  fromAddress: `198.18.0.${from}`,
  fromPort: 7000,
  toAddress: `198.18.0.${to}`,
  toPort: 7001,
});

const REMOVAL = 'add table ip hearsay\ndelete table ip hearsay\n';

describe('nft as text', () => {
  it('takes the table away where nothing is in force', () => {
    expect(nftRemoval()).toBe(REMOVAL);
    expect(nftBatch([])).toBe(REMOVAL);
    expect(nftBatch([link(1, 2, { tc: { rate: undefined, stages: [] } })])).toBe(REMOVAL);
  });

  it('cuts pairs by one set, whatever the protocol, where they arrive', () => {
    expect(nftBatch([link(1, 2, { cut: true }), link(3, 2, { cut: true })])).toBe(`${REMOVAL}table ip hearsay {
  set cut {
    type ipv4_addr . ipv4_addr
    elements = { 198.18.0.1 . 198.18.0.2, 198.18.0.3 . 198.18.0.2 }
  }
  chain arrive {
    type filter hook prerouting priority -300; policy accept
    iif lo accept
    ip saddr . ip daddr @cut drop
  }
}
`);
  });

  it('loses datagrams by share, one set for each, and copies what was not lost', () => {
    const text = nftBatch([
      link(1, 2, { nft: { loss: 0.1, duplicates: [0.05] } }),
      link(3, 2, { nft: { loss: 0.1, duplicates: [] } }),
      link(4, 2, { nft: { loss: 1, duplicates: [] } }),
    ]);
    expect(text).toBe(`${REMOVAL}table ip hearsay {
  set loss_0 {
    type ipv4_addr . ipv4_addr
    elements = { 198.18.0.1 . 198.18.0.2, 198.18.0.3 . 198.18.0.2 }
  }
  set loss_1 {
    type ipv4_addr . ipv4_addr
    elements = { 198.18.0.4 . 198.18.0.2 }
  }
  chain arrive {
    type filter hook prerouting priority -300; policy accept
    iif lo accept
    meta l4proto udp ip saddr . ip daddr @loss_0 numgen random mod 1000000000 < 100000000 drop
    meta l4proto udp ip saddr . ip daddr @loss_1 drop
    meta l4proto udp ip saddr 198.18.0.1 ip daddr 198.18.0.2 numgen random mod 1000000000 < 50000000 dup to 198.18.0.2
  }
}
`);
  });

  it('leads open flows into the relay, and gives all that comes out of it its source back', () => {
    const text = nftBatch(
      [],
      [
        { flow: flow(1, 2), port: 40_001, open: true },
        { flow: flow(3, 2), port: 40_002, open: false },
      ],
    );
    expect(text).toBe(`${REMOVAL}table ip hearsay {
  map relay_source {
    type inet_service : ipv4_addr
    elements = { 40001 : 198.18.0.1, 40002 : 198.18.0.3 }
  }
  map relay_port {
    type inet_service : inet_service
    elements = { 40001 : 7000, 40002 : 7000 }
  }
  map relay {
    type ipv4_addr . inet_service . ipv4_addr . inet_service : inet_service
    elements = { 198.18.0.1 . 7000 . 198.18.0.2 . 7001 : 40001 }
  }
  chain arrive {
    type filter hook prerouting priority -300; policy accept
    iif lo ip saddr set udp sport map @relay_source
    iif lo udp sport set udp sport map @relay_port
    iif lo accept
    udp dport set ip saddr . udp sport . ip daddr . udp dport map @relay
  }
}
`);
  });

  it('drops nothing where the sender would hear of it', () => {
    const text = nftBatch([link(1, 2, { cut: true, nft: { loss: 0.5, duplicates: [0.1] } })]);
    expect(text).not.toMatch(/hook (output|postrouting)/);
  });
});
