/** What `local` needs of the machine. */
import { createSocket } from 'node:dgram';
import type { MachinePart } from '../clusters/machine-part.ts';
import { cpuPart } from '../clusters/real/cpu-groups.ts';
import { programPath } from '../clusters/real/program-path.ts';

export async function localParts(): Promise<MachinePart[]> {
  return [
    { name: 'Node >= 20.19', found: nodeIsNewEnough(process.versions.node), mend: 'install Node 20.19 or newer' },
    {
      name: 'UDP on 127.0.0.1',
      found: await canBindLoopback(),
      mend: 'allow this user to open UDP sockets on loopback',
    },
    { name: 'the compiled member program', found: isBuilt(), mend: 'run npm run build' },
    cpuPart(),
  ];
}

export function nodeIsNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 20 || (major === 20 && minor >= 19);
}

function canBindLoopback(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind(0, '127.0.0.1', () => socket.close(() => resolve(true)));
  });
}

function isBuilt(): boolean {
  try {
    programPath('member.js');
    programPath('guardian.js');
    return true;
  } catch {
    return false;
  }
}
