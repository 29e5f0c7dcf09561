/**
 * Faults at the receiver, as one atomic batch for `nft -f -`: cuts, single losses, copies, and the way through the relay.
 * Everything stands in a table of our own, which is replaced as a whole; it may stand in a member's namespace or in a
 * switch that its packets pass. Nothing is dropped at `output` or `postrouting`: the sender would see EPERM.
 *
 * The way through the relay: what arrives for a member's port is sent on to the relay's port for that link, and what the
 * relay sends is given back its first source. Both rewrite headers statelessly, before connection tracking.
 */
import type { LinkMember } from './link-rule.ts';
import type { Placement } from './placement.ts';

export const NFT_TABLE = 'hearsay';

export interface PlacedLink {
  readonly from: LinkMember;
  readonly to: LinkMember;
  readonly placement: Placement;
}

/** One UDP flow that the relay may carry. */
export interface RelayFlow {
  readonly fromAddress: string;
  readonly fromPort: number;
  readonly toAddress: string;
  readonly toPort: number;
}

export interface RelayPort {
  readonly flow: RelayFlow;
  /** The relay's own port for it. */
  readonly port: number;
  /** Whether datagrams go through it now. What it still holds comes out of it in any case. */
  readonly open: boolean;
}

/** Draws are whole numbers below this. */
const SCALE = 1_000_000_000;

export function nftRemoval(): string {
  // Adding first makes the deletion of a table that is not there no error.
  return `add table ip ${NFT_TABLE}\ndelete table ip ${NFT_TABLE}\n`;
}

export function nftBatch(links: readonly PlacedLink[], relay: readonly RelayPort[] = []): string {
  const sets: string[] = [];
  const rules: string[] = [];
  const pairs = (name: string, of: readonly PlacedLink[]): void => {
    const elements = of.map(({ from, to }) => `${from.address} . ${to.address}`);
    sets.push(block(`set ${name}`, ['type ipv4_addr . ipv4_addr', `elements = { ${elements.join(', ')} }`]));
  };
  if (relay.length > 0) {
    sets.push(
      map(
        'relay_source',
        'inet_service : ipv4_addr',
        relay.map(({ port, flow }) => `${port} : ${flow.fromAddress}`),
      ),
      map(
        'relay_port',
        'inet_service : inet_service',
        relay.map(({ port, flow }) => `${port} : ${flow.fromPort}`),
      ),
    );
    rules.push('iif lo ip saddr set udp sport map @relay_source', 'iif lo udp sport set udp sport map @relay_port');
  }
  // Copies and what comes out of the relay arrive over loopback, and have met everything else before.
  rules.push('iif lo accept');
  const cut = links.filter(({ placement }) => placement.cut);
  if (cut.length > 0) {
    pairs('cut', cut);
    rules.push('ip saddr . ip daddr @cut drop');
  }
  groups(links, ({ placement }) => placement.nft.loss).forEach(([loss, of], index) => {
    if (loss === 0) return;
    pairs(`loss_${index}`, of);
    rules.push(`meta l4proto udp ip saddr . ip daddr @loss_${index} ${chance(loss)}drop`);
  });
  const copies = links.flatMap((link) => link.placement.nft.duplicates.map((share) => ({ link, share })));
  for (const { link, share } of copies) {
    const { from, to } = link;
    rules.push(`meta l4proto udp ip saddr ${from.address} ip daddr ${to.address} ${chance(share)}dup to ${to.address}`);
  }
  const open = relay.filter((entry) => entry.open);
  if (open.length > 0) {
    const key = 'ip saddr . udp sport . ip daddr . udp dport';
    sets.push(
      map(
        'relay',
        'ipv4_addr . inet_service . ipv4_addr . inet_service : inet_service',
        open.map(
          ({ flow, port }) => `${flow.fromAddress} . ${flow.fromPort} . ${flow.toAddress} . ${flow.toPort} : ${port}`,
        ),
      ),
    );
    rules.push(`udp dport set ${key} map @relay`);
  }
  if (rules.length === 1) return nftRemoval();
  const chain = block('chain arrive', ['type filter hook prerouting priority -300; policy accept', ...rules]);
  return `${nftRemoval()}table ip ${NFT_TABLE} {\n${[...sets, chain].join('')}}\n`;
}

function map(name: string, type: string, elements: readonly string[]): string {
  return block(`map ${name}`, [`type ${type}`, `elements = { ${elements.join(', ')} }`]);
}

/** nft 1.0.6 wants a line's end before a closing brace. */
function block(head: string, lines: readonly string[]): string {
  return `  ${head} {\n${lines.map((line) => `    ${line}\n`).join('')}  }\n`;
}

function chance(share: number): string {
  return share >= 1 ? '' : `numgen random mod ${SCALE} < ${Math.max(1, Math.round(share * SCALE))} `;
}

function groups<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): [Key, Item[]][] {
  const found = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const of = found.get(key);
    if (of === undefined) found.set(key, [item]);
    else of.push(item);
  }
  return [...found];
}
