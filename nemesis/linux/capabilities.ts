/** What this kernel and its tools offer for faults on links: found out by trying, in a place that is thrown away. */
import { CommandError, hereShell, type NamespaceShell } from './shell.ts';

export const KERNEL_PARTS = ['netem', 'htb', 'u32', 'nft', 'numgen', 'dup', 'rewrite'] as const;
export type KernelPart = (typeof KERNEL_PARTS)[number];

export interface KernelCapabilities {
  /** Each part that works. */
  readonly parts: ReadonlySet<KernelPart>;
  /** For each part that does not: what the system said. */
  readonly reasons: ReadonlyMap<KernelPart, string>;
}

/** What brings a part that is missing. Modules and packages carry Debian's names. */
export const PART_SOURCES: { readonly [part in KernelPart]: string } = {
  netem: 'load the kernel module sch_netem (Debian: linux-image-amd64 has it), with iproute2 installed',
  htb: 'load the kernel module sch_htb, with iproute2 installed',
  u32: 'load the kernel module cls_u32, with iproute2 installed',
  nft: 'install nftables, on a kernel with nf_tables',
  numgen: 'load the kernel module nft_numgen, with nftables installed',
  dup: 'load the kernel module nft_dup_ipv4, with nftables installed',
  rewrite: 'install nftables, on a kernel with nf_tables',
};

const MARK = 'hearsay-part';
const TABLE = 'hearsay_probe';

/** Each part alone, so that one that is missing hides no other. Every trial cleans up behind itself. */
function trials(): [KernelPart, string][] {
  const rule = (statement: string): string =>
    `printf 'table ip ${TABLE} {\\n chain c {\\n type filter hook prerouting priority -300; policy accept;\\n ${statement}\\n }\\n}\\n' | nft -f - && nft delete table ip ${TABLE}`;
  const root = (kind: string, then: string): string =>
    `tc qdisc add dev lo root handle 4ea6: ${kind} && { ${then}; r=$?; tc qdisc del dev lo root handle 4ea6:; [ $r = 0 ]; }`;
  return [
    ['netem', root('netem delay 1ms', 'true')],
    ['htb', root('htb default 0', 'tc class add dev lo parent 4ea6: classid 4ea6:1 htb rate 1mbit')],
    [
      'u32',
      root(
        'htb default 0',
        'tc filter add dev lo parent 4ea6: prio 1 protocol ip u32 match ip dst 198.18.0.1/32 flowid 4ea6:1',
      ),
    ],
    ['nft', rule('ip saddr 198.18.0.1 drop')],
    ['numgen', rule('ip saddr 198.18.0.1 numgen random mod 1000 < 1 drop')],
    ['dup', rule('ip saddr 198.18.0.1 dup to 198.18.0.2')],
    ['rewrite', rule('udp dport set ip saddr . udp dport map { 198.18.0.1 . 1 : 2 }')],
  ];
}

function script(): string {
  const tries = trials().map(
    ([part, command]) =>
      `if said=$( { ${command}; } 2>&1 ); then echo ${MARK} ${part} ok; else echo ${MARK} ${part} no $said; fi`,
  );
  return `${tries.join('\n')}\n`;
}

export interface ProbeOptions {
  /** Where to try; absent: on this machine. */
  readonly shell?: NamespaceShell;
  /**
   * `own` (the default): in a new namespace, made and gone with the probe; also without root where user namespaces are
   * allowed. `in-place`: on the loopback device of the shell's namespace, for who may not make one; removed again.
   */
  readonly where?: 'own' | 'in-place';
}

/** Tries each part. Never throws: where nothing can be tried, every part is missing, with the reason. */
export async function probeKernel(options: ProbeOptions = {}): Promise<KernelCapabilities> {
  const shell = options.shell ?? hereShell();
  if (options.where === 'in-place') return outcome(() => shell.run(['sh'], script()));
  const asRoot = await outcome(() => shell.run(['unshare', '--net', 'sh'], script()));
  if (asRoot.parts.size > 0) return asRoot;
  const rootless = await outcome(() => shell.run(['unshare', '--user', '--map-root-user', '--net', 'sh'], script()));
  return rootless.parts.size > 0 ? rootless : asRoot;
}

async function outcome(run: () => Promise<string>): Promise<KernelCapabilities> {
  try {
    return readProbe(await run());
  } catch (error) {
    const said = error instanceof CommandError ? error.message : String(error);
    return { parts: new Set(), reasons: new Map(KERNEL_PARTS.map((part) => [part, said])) };
  }
}

/** From what the probe printed. A part of which it says nothing is missing. */
export function readProbe(text: string): KernelCapabilities {
  const parts = new Set<KernelPart>();
  const reasons = new Map<KernelPart, string>(KERNEL_PARTS.map((part) => [part, 'the probe did not come so far']));
  for (const line of text.split('\n')) {
    const [, name, answer, said] = new RegExp(`^${MARK} (\\w+) (ok|no) ?(.*)$`).exec(line) ?? [];
    const part = KERNEL_PARTS.find((known) => known === name);
    if (part === undefined) continue;
    if (answer === 'ok') {
      parts.add(part);
      reasons.delete(part);
    } else {
      reasons.set(part, said === undefined || said === '' ? 'refused without a word' : said);
    }
  }
  return { parts, reasons };
}
