// Runs one member without a controller: says to its program what a controller would, passes on every line that is typed
// (harness/node/control.ts), and prints what the member reports. Environment: NAME; MEMBERS, as n1=address,n2=address;
// PLAN, a file of `hearsay nemesis --plan-only`, for channels and settings; PORT; STATE, a folder; PROGRAM, the compiled
// member.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const { NAME, MEMBERS = '', PLAN = '/plan.json' } = process.env;
const { PORT = '7946', STATE = '/state', PROGRAM = '/hearsay/member.js' } = process.env;
const members = MEMBERS.split(',').map((pair) => pair.split('='));
const [, host] = members.find(([name]) => name === NAME) ?? [];
if (host === undefined) {
  console.error(
    `NAME must be one of MEMBERS (given: ${NAME}); write NAME=n1 MEMBERS=n1=198.18.255.11,n2=198.18.255.12`,
  );
  process.exit(64);
}

// Members of a cluster that nobody governs find their common keys by name.
const keyWith = (peer) => createHash('sha256').update([NAME, peer].sort().join(' ')).digest('hex');
const roster = members.map(([name]) => name);
const peers = members.map(([name, address]) => ({ name, host: address, port: Number(PORT) }));

const { channels, seed } = JSON.parse(readFileSync(PLAN, 'utf8'));

const member = spawn(process.execPath, [PROGRAM], { stdio: ['pipe', 'inherit', 'inherit'] });
const say = (command) => member.stdin.write(`${JSON.stringify(command)}\n`);
say({
  type: 'init',
  name: NAME,
  life: 1,
  boot: 1,
  roster,
  channels,
  seed,
  cluster: 1,
  keys: Object.fromEntries(roster.map((peer) => [peer, keyWith(peer)])),
  stateFile: `${STATE}/${NAME}.jsonl`,
  restore: false,
  host,
  port: Number(PORT),
});
say({ type: 'peers', peers });
say({
  type: 'start',
  originNs: String(process.hrtime.bigint()),
  originWallMs: Date.now(),
  seeds: roster.filter((name) => name !== NAME).slice(0, 3),
});
process.stdin.on('data', (chunk) => member.stdin.write(chunk));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => say({ type: 'stop' }));
member.on('exit', (code) => process.exit(code ?? 1));
