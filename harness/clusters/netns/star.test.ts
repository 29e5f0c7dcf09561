import { expect, it } from 'vitest';
import { addressOf, hubBatch, memberBatch, membersScript, namespaceOf } from './star.ts';

it('gives every member an address and a hardware address of its own, within 198.18.0.0/15', () => {
  const count = 1000;
  const addresses = Array.from({ length: count }, (_, i) => addressOf(i));
  expect(new Set(addresses).size).toBe(count);
  for (const address of addresses) expect(address).toMatch(/^198\.18\.\d{1,3}\.\d{1,3}$/);
  const hardware = [...hubBatch(count).matchAll(/^link add .*$/gm)].flatMap(
    ([line]) => line.match(/02(:[0-9a-f]{2}){5}/g) ?? [],
  );
  expect(new Set(hardware).size).toBe(2 * count);
});

it('states both ends of each pair as neighbours, and routes by the hub alone', () => {
  const hub = hubBatch(2).split('\n');
  expect(hub).toContain('netns add m2');
  expect(hub).toContain(
    'link add h2 address 02:00:00:01:00:01 type veth peer name eth0 address 02:00:00:02:00:01 netns m2',
  );
  expect(hub).toContain('neigh add 198.18.1.2 lladdr 02:00:00:02:00:01 dev h2 nud permanent');
  expect(hub).toContain('route add 198.18.1.2/32 dev h2');
  const member = memberBatch(1).split('\n');
  expect(member).toContain('addr add 198.18.1.2/32 dev eth0');
  expect(member).toContain('neigh add 198.18.0.1 lladdr 02:00:00:01:00:01 dev eth0 nud permanent');
  expect(member.filter((line) => line.startsWith('route add default'))).toEqual([
    'route add default via 198.18.0.1 dev eth0 src 198.18.1.2',
  ]);
});

it('sets every namespace up, and gives up at the first that fails', () => {
  const script = membersScript(3);
  expect(script.startsWith('set -e\n')).toBe(true);
  for (let i = 0; i < 3; i++) expect(script).toContain(`ip -n ${namespaceOf(i)} -batch -`);
});
