import { expect, test } from 'vitest';
import type { PlannedFault } from '../model/fault.ts';
import type { HistoryLine } from '../model/history.ts';
import { PLAN_FORMAT, PLAN_VERSION, type PlanOutline } from '../model/plan.ts';
import { MemberLives } from './member-lives.ts';

/** One member, started; the calls that the cluster got since, and the member's lines. */
function scenario(core?: readonly string[]) {
  const calls: string[] = [];
  const lines: HistoryLine[] = [];
  const due: (() => void)[] = [];
  const call = (name: string) => (member: string) => void calls.push(`${name} ${member}`);
  const active = new Map<string, PlannedFault>();
  const members = ['n1', 'n2'].map((name) => ({ name, startAtMs: 0 }));
  const closing = { healAtMs: 9000, pollEveryMs: 100, deadlineMs: 1000, ...(core === undefined ? {} : { core }) };
  const plan: PlanOutline = {
    format: PLAN_FORMAT,
    version: PLAN_VERSION,
    seed: 'lives',
    members,
    channels: [],
    workloads: [],
    faults: [],
    operationTimeoutMs: 1000,
    closing,
    network: { latencyMs: 1, jitterMs: 0 },
  };
  const lives = new MemberLives(plan, (line) => void lines.push(line), active);
  lives.begin({
    now: () => 0,
    at: (_, callback) => void due.push(callback),
    start: (member, life, boot, restore) =>
      void calls.push(`start ${member} ${life}.${boot}${restore ? ' again' : ''}`),
    kill: call('kill'),
    stop: call('stop'),
    leave: call('leave'),
    pause: call('pause'),
    resume: call('resume'),
  });
  const pass = () => {
    for (const callback of due.splice(0)) callback();
  };
  pass();
  lives.up('n1', 1, 1, 0);
  calls.length = 0;
  const begin = (fault: PlannedFault) => {
    active.set(fault.id, fault);
    lives.startFault(fault);
  };
  const end = (fault: PlannedFault) => {
    active.delete(fault.id);
    lives.endFault(fault);
  };
  return { lives, calls, lines, pass, begin, end };
}

const window = { atMs: 1000, untilMs: 2000, targets: ['n1'] };
const kill = (id: string, restart: 'with-state' | 'without-state' | 'never'): PlannedFault => ({
  ...window,
  id,
  type: 'kill',
  restart,
});
const pause = (id: string): PlannedFault => ({ ...window, id, type: 'pause' });

test('of kills that overlap the last one to end starts the member, and the worst says how', () => {
  const { lives, calls, begin, end } = scenario();
  const [kind, cruel] = [kill('a', 'with-state'), kill('b', 'without-state')];
  begin(kind);
  begin(cruel);
  expect(lives.down('n1', 1, 5, true, 'killed')).toBe(true);
  end(cruel);
  expect(calls).toEqual(['kill n1', 'kill n1']);
  end(kind);
  expect(calls.slice(2)).toEqual(['start n1 2.1']);
});

test('a restart with state goes on in the same life, and what the former boot says is no news', () => {
  const { lives, calls, begin, end } = scenario();
  const fault = kill('a', 'with-state');
  begin(fault);
  lives.down('n1', 1, 5, true, 'killed');
  end(fault);
  expect(calls).toEqual(['kill n1', 'start n1 1.2 again']);
  lives.up('n1', 1, 1, 6);
  expect(lives.isUp('n1')).toBe(false);
  lives.up('n1', 1, 2, 7);
  expect(lives.isUp('n1')).toBe(true);
});

test('a process that ends only after its kill is over is started once it has', () => {
  const { lives, calls, begin, end } = scenario();
  const fault = kill('a', 'without-state');
  begin(fault);
  end(fault);
  expect(calls).toEqual(['kill n1']);
  lives.down('n1', 1, 5, true, 'killed');
  lives.startIfWanted('n1');
  expect(calls).toEqual(['kill n1', 'start n1 2.1']);
});

test('a member that dies by itself stays down', () => {
  const { lives, calls, lines } = scenario();
  expect(lives.down('n1', 1, 5, false, 'exit 1')).toBe(true);
  lives.startIfWanted('n1');
  expect(calls).toEqual([]);
  expect(lines.at(-1)).toMatchObject({ event: 'crash', reason: 'unexpected: exit 1' });
  expect(lives.down('n1', 1, 6, false, 'exit 1')).toBe(false);
});

test('pauses that overlap are one', () => {
  const { calls, begin, end } = scenario();
  for (const id of ['a', 'b']) begin(pause(id));
  end(pause('a'));
  expect(calls).toEqual(['pause n1']);
  end(pause('b'));
  expect(calls).toEqual(['pause n1', 'resume n1']);
});

test('a member that leaves has time for its good-bye, unless a kill comes first', () => {
  const leave: PlannedFault = { ...window, id: 'l', type: 'leave', rejoin: false };
  const calm = scenario();
  calm.begin(leave);
  expect(calm.calls).toEqual(['leave n1']);
  calm.pass();
  expect(calm.calls).toEqual(['leave n1', 'stop n1']);
  expect(calm.lives.down('n1', 1, 5, true, 'stopped')).toBe(true);
  expect(calm.lines.at(-1)).toMatchObject({ event: 'stop' });

  const killed = scenario();
  killed.begin(leave);
  killed.pass();
  killed.begin(kill('a', 'with-state'));
  killed.lives.down('n1', 1, 5, true, 'killed');
  expect(killed.lines.at(-1)).toMatchObject({ event: 'crash' });
  killed.end(kill('a', 'with-state'));
  killed.end(leave);
  // It had left: a kill with state does not bring it back.
  expect(killed.calls).toEqual(['leave n1', 'stop n1', 'kill n1']);
});

test('whom a pause keeps from the core to the end is not started, and nothing is after the close', () => {
  const { lives, calls, begin, end } = scenario(['n2']);
  const lasting: PlannedFault = { ...pause('p'), untilMs: 9000 };
  const fault = kill('a', 'without-state');
  begin(fault);
  lives.down('n1', 1, 5, true, 'killed');
  begin(lasting);
  end(fault);
  expect(calls).toEqual(['kill n1']);

  const closed = scenario();
  closed.begin(fault);
  closed.lives.down('n1', 1, 5, true, 'killed');
  closed.lives.close();
  closed.end(fault);
  expect(closed.calls).toEqual(['kill n1']);
});
