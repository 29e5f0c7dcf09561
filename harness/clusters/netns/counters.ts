/** What the kernel counted at a member's only device, in each direction; headers of Ethernet, IP and UDP included in bytes. */
import type { NamespaceShell } from '../../../nemesis/linux/shell.ts';
import type { Counter, DeviceCounters } from '../../model/counters.ts';
import { InvariantError } from '../../model/errors.ts';
import { DEVICE } from './star.ts';

interface LinkStatistics {
  readonly stats64?: { readonly rx: Counter; readonly tx: Counter };
}

/** Since the device was made. */
export async function readCounters(shell: NamespaceShell): Promise<DeviceCounters> {
  const text = await shell.run(['ip', '-s', '-j', 'link', 'show', 'dev', DEVICE], '');
  const [link] = JSON.parse(text) as readonly LinkStatistics[];
  if (link?.stats64 === undefined) throw new InvariantError(`ip told no counters of ${DEVICE}`);
  const { rx, tx } = link.stats64;
  return {
    sent: { packets: tx.packets, bytes: tx.bytes },
    received: { packets: rx.packets, bytes: rx.bytes },
  };
}
