/**
 * The network of a world, as text for `ip -batch`: a routed star. Each member has a namespace and one veth pair to the
 * hub, which is the world's own namespace and forwards. There is no bridge, and every neighbour is stated: nobody asks
 * with ARP who has an address, so the neighbour table that all namespaces share does not fill, and counters count
 * members' traffic alone. Addresses are from 198.18.0.0/15 (RFC 2544); no route leads out.
 */

const HUB = '198.18.0.1';
const PER_NET = 250;

/** The only device of a member's namespace beside its loopback. */
export const DEVICE = 'eth0';

export function namespaceOf(index: number): string {
  return `m${index + 1}`;
}

/** Of the member at this place in the plan, from 0. */
export function addressOf(index: number): string {
  return `198.18.${1 + Math.floor(index / PER_NET)}.${1 + (index % PER_NET)}`;
}

function hubDevice(index: number): string {
  return `h${index + 1}`;
}

/** Locally administered; `side` tells the two ends of a pair apart. */
function hardwareAddress(side: 1 | 2, index: number): string {
  const hex = (byte: number): string => byte.toString(16).padStart(2, '0');
  return `02:00:00:0${side}:${hex(index >> 8)}:${hex(index & 255)}`;
}

/** For the hub, in the world's namespace, which forwards already: makes the namespaces and the pairs. */
export function hubBatch(count: number): string {
  const lines = ['link set lo up', `addr add ${HUB}/32 dev lo`];
  for (let i = 0; i < count; i++) {
    const device = hubDevice(i);
    const member = `name ${DEVICE} address ${hardwareAddress(2, i)} netns ${namespaceOf(i)}`;
    lines.push(
      `netns add ${namespaceOf(i)}`,
      `link add ${device} address ${hardwareAddress(1, i)} type veth peer ${member}`,
      `link set ${device} addrgenmode none`,
      `link set ${device} up`,
      `route add ${addressOf(i)}/32 dev ${device}`,
      `neigh add ${addressOf(i)} lladdr ${hardwareAddress(2, i)} dev ${device} nud permanent`,
    );
  }
  return `${lines.join('\n')}\n`;
}

/** For the member's namespace. */
export function memberBatch(index: number): string {
  const lines = [
    'link set lo up',
    `link set ${DEVICE} addrgenmode none`,
    `link set ${DEVICE} up`,
    `addr add ${addressOf(index)}/32 dev ${DEVICE}`,
    `route add ${HUB}/32 dev ${DEVICE}`,
    `neigh add ${HUB} lladdr ${hardwareAddress(1, index)} dev ${DEVICE} nud permanent`,
    `route add default via ${HUB} dev ${DEVICE} src ${addressOf(index)}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** A shell script for the hub that sets up every member's namespace; each is a batch of its own. */
export function membersScript(count: number): string {
  const parts = ['set -e'];
  for (let i = 0; i < count; i++) parts.push(`ip -n ${namespaceOf(i)} -batch - <<'END'\n${memberBatch(i)}END`);
  return `${parts.join('\n')}\n`;
}
