/** What the lab runs: one boot for each suite. */

export interface Suite {
  readonly name: string;
  /** What it shows, in one line. */
  readonly about: string;
  /** For vitest, below the repository's root. */
  readonly files: readonly string[];
  /** Programs it needs beside node, and the Debian package that has each. */
  readonly programs: { readonly [program: string]: string };
  /** Tests in these files that the lab's kernel has not what it takes for, and why they are no gap. */
  readonly elsewhere?: { readonly tests: RegExp; readonly why: string };
  /** It measures times to the millisecond: where the system allows it, nothing else of the machine comes before it. */
  readonly promptly?: true;
  readonly memoryMb: number;
  /** What takes longer is ended, and has failed. */
  readonly limitMinutes: number;
}

const NETWORK = { ip: 'iproute2', tc: 'iproute2', nft: 'nftables', unshare: 'util-linux', modprobe: 'kmod' } as const;

export const SUITES: readonly Suite[] = [
  {
    name: 'netem',
    about: 'each mode of netem, measured; the builders of nemesis/linux on a kernel that has it',
    files: [
      'nemesis/linux/lab/netem.lab.test.ts',
      'nemesis/linux/links.kernel.test.ts',
      'nemesis/linux/clock.kernel.test.ts',
      'nemesis/linux/cpu.kernel.test.ts',
      'nemesis/linux/disk.kernel.test.ts',
    ],
    elsewhere: {
      tests: /copies (5 %|only what was not lost)/,
      why: "planned copies are made by nft for IPv4, which User-mode Linux has not: the same test runs on the host's kernel, and netem's own copies are measured here",
    },
    programs: NETWORK,
    promptly: true,
    memoryMb: 1024,
    limitMinutes: 20,
  },
  {
    name: 'netns',
    about: 'members in namespaces of their own under partition, loss, delay and skew',
    files: ['docker/lab/netns.lab.test.ts'],
    programs: NETWORK,
    promptly: true,
    memoryMb: 2048,
    limitMinutes: 20,
  },
  {
    name: 'docker',
    about: 'members in containers under partition, loss, delay and skew',
    files: ['docker/lab/docker.lab.test.ts'],
    programs: { ...NETWORK, dockerd: 'docker.io', containerd: 'containerd', runc: 'runc' },
    memoryMb: 3072,
    limitMinutes: 20,
  },
];
