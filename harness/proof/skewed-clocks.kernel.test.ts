/**
 * Wall clocks that libfaketime turns, of a third of the members by 5 s: the map loses no acknowledged write and lets none
 * win over one that causally follows it. A variant that goes by wall clocks alone does, on the same plan, and is convicted.
 */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findFaketime } from '../../nemesis/linux/clock.ts';
import { JUDGE_PARTS } from '../cli/parts.ts';
import { createOpenNetns } from '../clusters/netns/netns.ts';
import { offers } from '../clusters/netns/test-machine.ts';
import { bundleProgram } from '../clusters/real/test-context.ts';
import type { HistoryLine } from '../model/history.ts';
import type { PropertyResult } from '../model/verdict.ts';
import { runPlan } from '../run/run-plan.ts';
import { whileAwake } from './busy-machine.ts';
import { planOf, propertyOf } from './test-scenario.ts';

/** The members' own program, but for what it takes for the map. */
const PROGRAM = `
  import { antiEntropyWallClock } from '../../../impl/anti-entropy/planted-bugs.ts';
  import { protocols } from '../../../impl/registry.ts';
  import { runMember } from '../../node/run-member.ts';
  runMember(new Map([...protocols, ['anti-entropy', antiEntropyWallClock]]));
`;

const SKEW_MS = 5000;
const faketime = findFaketime();
if (faketime === undefined)
  console.warn('SKIPPED: skewed clocks: no libfaketime (Debian: apt-get install libfaketime)');
const lack = (await offers('root')) && (await offers('rootless'));

describe.skipIf(lack !== undefined || faketime === undefined)(
  '5 s of skew on a third of the members',
  { timeout: 240_000 },
  () => {
    // Many writes to few keys, so that there is always one that follows another member's.
    const plan = planOf(
      'skewed',
      { 'clock-skew': `${SKEW_MS}ms` },
      { nodes: 6, timeMs: 12_000, protocols: ['anti-entropy'], ratePerSecond: 40 },
    );
    const skewed = new Map(
      plan.faults.flatMap((fault) =>
        fault.type === 'clock-skew' ? fault.targets.map((target) => [target, fault.skewMs] as const) : [],
      ),
    );
    let program = '';
    beforeAll(async () => {
      program = await bundleProgram('wall-clock-member.mjs', PROGRAM);
    });
    afterAll(() => rmSync(program, { force: true }));

    async function run(own: string | undefined) {
      const { lines, properties } = await whileAwake(async () => {
        const made: HistoryLine[] = [];
        const judgement = await runPlan({
          plan,
          cluster: 'netns',
          open: createOpenNetns({ program: own }),
          parts: JUDGE_PARTS,
          record: (line) => void made.push(line),
        });
        return { lines: made, properties: judgement.properties };
      });
      // Both were judged under clocks that were wrong as planned.
      expect(propertyOf(properties, 'fault-effect').verdict).toBe('valid');
      for (const [member, skewMs] of skewed) {
        const readings = lines.flatMap((line) =>
          line.type === 'traffic' && line.member === member ? [line.wallAheadMs] : [],
        );
        expect(
          readings.some((aheadMs) => Math.abs(aheadMs - skewMs) < 500),
          `${member}: ${readings}`,
        ).toBe(true);
      }
      return properties;
    }
    const invalid = (properties: readonly PropertyResult[]): string[] =>
      properties.filter(({ verdict }) => verdict === 'invalid').map(({ name, reason }) => `${name}: ${reason}`);

    it('turns two of six clocks, one ahead and one behind', () => {
      expect([...skewed.values()].sort((a, b) => a - b)).toEqual([-SKEW_MS, SKEW_MS]);
    });

    it('costs the map no acknowledged write', async () => {
      const properties = await run(undefined);
      expect(invalid(properties)).toEqual([]);
      for (const name of ['version-order', 'lost-writes', 'convergence']) {
        expect(propertyOf(properties, name).verdict, name).toBe('valid');
      }
    });

    it('makes a map that goes by wall clocks let older writes win', async () => {
      const properties = await run(program);
      const order = propertyOf(properties, 'version-order');
      expect(order.verdict).toBe('invalid');
      expect(order.witness?.summary).toMatch(/\S/);
    });
  },
);
