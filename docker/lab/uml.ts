/**
 * User-mode Linux (Debian: user-mode-linux): a kernel that is an ordinary process. Needs neither root nor KVM. It sees the
 * machine's files through hostfs, with the rights of whoever started it.
 */
import { statfsSync } from 'node:fs';
import { join } from 'node:path';

export const UML = 'linux.uml';
export const UML_PACKAGE = 'user-mode-linux';
export const UML_MODULES = '/usr/lib/uml/modules';
/** Loaded before the job: tc and nft load them by name elsewhere, but here they are in a folder of their own. */
export const UML_LOAD = [
  'sch_netem',
  'sch_htb',
  'sch_tbf',
  'cls_u32',
  'veth',
  'nf_tables',
  'overlay',
  'bridge',
  'vxlan',
];

/** `init`: a script's path; `folder`: the job's; both without white space, as the kernel's command line splits there. */
export function umlArguments(folder: string, memoryMb: number): string[] {
  return [
    `mem=${memoryMb}M`,
    `uml_dir=${folder}`,
    'rootfstype=hostfs',
    'rootflags=/',
    'root=/dev/root',
    'ro',
    `init=${join(folder, 'init.sh')}`,
    'con=null',
    'con0=fd:0,fd:1',
    'quiet',
    // The kernel hands what it does not know to its first program, as environment.
    `LAB=${folder}`,
  ];
}

/** Its memory is a file without a name: in memory where there is room, else wherever temporary files are. */
export function umlMemoryFolder(memoryMb: number, otherwise: string): string {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm');
    return bavail * bsize > memoryMb * 1024 * 1024 ? '/dev/shm' : otherwise;
  } catch {
    return otherwise;
  }
}
