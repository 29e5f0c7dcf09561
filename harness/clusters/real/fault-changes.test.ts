import { describe, expect, it } from 'vitest';
import type { PlannedFault } from '../../model/fault.ts';
import { BETWEEN_EPOCHS } from '../../node/control.ts';
import { type ChangeTimes, FaultChanges } from './fault-changes.ts';
import type { FaultMaker } from './site.ts';
import { until as waitUntil } from './test-context.ts';

const until = (condition: () => boolean): Promise<void> => waitUntil(condition, 'it has come so far', 5000);

const window = { atMs: 0, untilMs: 1 };
const LOSS: PlannedFault = { type: 'loss', id: 'loss', links: 'all', probability: 0.5, ...window };
const SLOW: PlannedFault = { type: 'slow', id: 'slow', targets: ['n1'], blockMs: 1, everyMs: 2, ...window };
const DELAY: PlannedFault = { type: 'delay', id: 'delay', links: 'all', delayMs: 30, jitterMs: 10, ...window };
const SKEW: PlannedFault = { type: 'clock-skew', id: 'skew', targets: ['n1'], skewMs: 1, ...window };
const ids = (faults: readonly PlannedFault[]): string => faults.map((fault) => fault.id).join('+');

/** A kernel that makes losses and delays, and members that hear at once unless they are deaf. */
function stage(
  deaf: readonly string[] = [],
  apply: (active: readonly PlannedFault[]) => Promise<void> = async () => {},
  times: Partial<ChangeTimes> = {},
) {
  const done: string[] = [];
  const maker: FaultMaker = {
    makes: (fault) => ['loss', 'delay', 'clock-skew'].includes(fault.type),
    holdsMs: (fault) => (fault.type === 'delay' ? fault.delayMs + fault.jitterMs : 0),
    apply: async (active) => {
      done.push(`apply ${ids(active)}`);
      await apply(active);
    },
    restarted: async (member, active) => {
      done.push(`restarted ${member} ${ids(active)}`);
    },
  };
  const members = ['n1', 'n2'];
  const changes: FaultChanges = new FaultChanges(
    maker,
    {
      tell({ epoch, active }) {
        done.push(`tell ${epoch === BETWEEN_EPOCHS ? 'between' : epoch} ${ids(active)}`);
        for (const name of members) if (!deaf.includes(name)) queueMicrotask(() => changes.heard(name, epoch));
        return members;
      },
      overrun: (epoch, late) => done.push(`overrun ${epoch} ${late}`),
      failed: (error) => done.push(`failed ${error.message}`),
    },
    times,
  );
  return { changes, done };
}

describe('changes of faults', () => {
  it('change the kernel between two epochs, and tell members of what they make themselves', async () => {
    const { changes, done } = stage();
    changes.change(1, [LOSS, SLOW]);
    changes.change(2, []);
    await until(() => done.includes('tell 2 '));
    expect(done).toEqual(['tell between ', 'apply loss', 'tell 1 slow', 'tell between slow', 'apply ', 'tell 2 ']);
    expect(changes.told).toEqual({ epoch: 2, active: [] });
  });

  it('turn clocks without an epoch between', async () => {
    const { changes, done } = stage();
    changes.change(1, [SKEW]);
    await until(() => done.includes('tell 1 '));
    expect(done).toEqual(['apply skew', 'tell 1 ']);
  });

  it('leave the kernel alone where nothing changes for it', async () => {
    const { changes, done } = stage();
    changes.change(1, [LOSS]);
    changes.change(2, [SLOW, LOSS]);
    await until(() => done.includes('tell 2 slow'));
    expect(done.slice(-2)).toEqual(['tell 1 ', 'tell 2 slow']);
  });

  it('wait for every member that can hear, and for none that cannot any more', async () => {
    const { changes, done } = stage(['n2']);
    changes.change(1, [LOSS]);
    await until(() => done.length > 0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(done).toEqual(['tell between ']);
    changes.silent('n2');
    await until(() => done.includes('tell 1 '));
  });

  it('say of an epoch that somebody did not hear the end of that it has overrun there, and go on', async () => {
    const { changes, done } = stage(['n2'], undefined, { hearingMs: 30 });
    changes.change(1, [LOSS]);
    changes.change(2, []);
    await until(() => done.includes('tell 2 '));
    expect(done).toEqual([
      'tell between ',
      'overrun 0 n2',
      'apply loss',
      'tell 1 ',
      'tell between ',
      'overrun 1 n2',
      'apply ',
      'tell 2 ',
    ]);
  });

  it('end at once what only held datagrams back', async () => {
    // Longer than the test may take: nothing is waited for.
    const long = { ...DELAY, delayMs: 1e9 };
    const { changes, done } = stage();
    changes.change(1, [LOSS, long]);
    changes.change(2, [LOSS]);
    await until(() => done.includes('tell 2 '));
    expect(done.slice(2)).toEqual(['tell 1 ', 'tell between ', 'apply loss', 'tell 2 ']);
  });

  it('let what was held back meet the rules that it was sent under before these change', async () => {
    const { changes, done } = stage();
    changes.change(1, [LOSS, DELAY]);
    changes.change(2, []);
    await until(() => done.includes('tell 2 '));
    expect(done.slice(2)).toEqual(['tell 1 ', 'tell between ', 'apply loss', 'apply ', 'tell 2 ']);
  });

  it('wait no longer than there is time for what was held back, and say so', async () => {
    const { changes, done } = stage([], undefined, { mostDrainMs: 30 });
    changes.change(1, [LOSS, DELAY]);
    changes.change(2, [DELAY]);
    await until(() => done.includes('tell 2 '));
    expect(done.slice(2)).toEqual(['tell 1 ', 'tell between ', 'overrun 1 all', 'apply delay', 'tell 2 ']);
  });

  it('wait for nothing once all is over', async () => {
    const { changes, done } = stage(['n2'], undefined, { hearingMs: 1e9 });
    changes.change(1, [LOSS]);
    await until(() => done.length > 0);
    await changes.close();
    expect(done).toEqual(['tell between ']);
  });

  it('give a new process what acts when its turn has come', async () => {
    const { changes, done } = stage();
    changes.change(1, [LOSS]);
    changes.restarted('n1', () => done.push('goes on'));
    await until(() => done.includes('goes on'));
    expect(done.slice(-3)).toEqual(['tell 1 ', 'restarted n1 loss', 'goes on']);
  });

  it('say what failed, and change nothing after that', async () => {
    const { changes, done } = stage([], () => Promise.reject(new Error('no such table')));
    changes.change(1, [LOSS]);
    changes.change(2, []);
    await until(() => done.includes('failed no such table'));
    await changes.close();
    expect(done.at(-1)).toBe('failed no such table');
  });

  it('are told at once where members make all faults', () => {
    const told: string[] = [];
    const changes = new FaultChanges(undefined, {
      tell: ({ epoch, active }) => {
        told.push(`${epoch} ${ids(active)}`);
        return [];
      },
      overrun: () => undefined,
      failed: (error) => {
        throw error;
      },
    });
    changes.change(1, [LOSS, SLOW]);
    expect(told).toEqual(['1 loss+slow']);
  });
});
