import { describe, expect, it } from 'vitest';
import type { PlannedFault } from '../../model/fault.ts';
import { BETWEEN_EPOCHS } from '../../node/control.ts';
import { FaultChanges } from './fault-changes.ts';
import type { FaultMaker } from './site.ts';
import { until as waitUntil } from './test-context.ts';

const until = (condition: () => boolean): Promise<void> => waitUntil(condition, 'it has come so far', 5000);

const window = { atMs: 0, untilMs: 1 };
const LOSS: PlannedFault = { type: 'loss', id: 'loss', links: 'all', probability: 0.5, ...window };
const SLOW: PlannedFault = { type: 'slow', id: 'slow', targets: ['n1'], blockMs: 1, everyMs: 2, ...window };
const SKEW: PlannedFault = { type: 'clock-skew', id: 'skew', targets: ['n1'], skewMs: 1, ...window };
const ids = (faults: readonly PlannedFault[]): string => faults.map((fault) => fault.id).join('+');

/** A kernel that makes losses, and members that hear at once unless they are deaf. */
function stage(
  deaf: readonly string[] = [],
  apply: (active: readonly PlannedFault[]) => Promise<void> = async () => {},
) {
  const done: string[] = [];
  const maker: FaultMaker = {
    makes: (fault) => fault.type === 'loss' || fault.type === 'clock-skew',
    apply: async (active) => {
      done.push(`apply ${ids(active)}`);
      await apply(active);
    },
    restarted: async (member, active) => {
      done.push(`restarted ${member} ${ids(active)}`);
    },
  };
  const members = ['n1', 'n2'];
  const changes: FaultChanges = new FaultChanges(maker, {
    tell({ epoch, active }) {
      done.push(`tell ${epoch === BETWEEN_EPOCHS ? 'between' : epoch} ${ids(active)}`);
      for (const name of members) if (!deaf.includes(name)) queueMicrotask(() => changes.heard(name, epoch));
      return members;
    },
    failed: (error) => done.push(`failed ${error.message}`),
  });
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
      failed: (error) => {
        throw error;
      },
    });
    changes.change(1, [LOSS, SLOW]);
    expect(told).toEqual(['1 loss+slow']);
  });
});
