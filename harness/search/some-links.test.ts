import { describe, expect, it } from 'vitest';
import { KNOWLEDGE } from '../cli/parts.ts';
import { isLinkFault, linksOf, type PlannedFault } from '../model/fault.ts';
import { checkPlan } from '../model/plan-check.ts';
import { planOf } from '../proof/test-scenario.ts';
import { hasLink, withFaults } from './smaller-plan.ts';
import { withSomeLinks } from './some-links.ts';

const PLAN = planOf('links', { loss: '0.4', delay: '30ms', partition: 'halves', kill: 'one' }, { timeMs: 20_000 });

function faultOf(plan: typeof PLAN, type: PlannedFault['type']): PlannedFault {
  const fault = plan.faults.find((one) => one.type === type);
  if (fault === undefined) throw new Error(`no ${type} is planned`);
  return fault;
}

describe('link faults on some links', () => {
  const drawn = Array.from({ length: 60 }, (_, seed) => withSomeLinks(PLAN, `${seed}`));

  it('some are narrowed, in every shape, and some are not; the rest of the plan is as it was', () => {
    const shapes = new Set<string>();
    for (const plan of drawn) {
      checkPlan(JSON.parse(JSON.stringify(plan)), KNOWLEDGE, 'plan');
      for (const type of ['partition', 'kill'] as const) expect(faultOf(plan, type)).toEqual(faultOf(PLAN, type));
      for (const type of ['loss', 'delay'] as const) {
        const fault = faultOf(plan, type);
        const links = isLinkFault(fault) ? linksOf(fault) : 'all';
        expect({ ...fault, links: 'all' }).toEqual(faultOf(PLAN, type));
        if (links === 'all') shapes.add('all');
        else {
          expect(links.every(hasLink)).toBe(true);
          shapes.add(`${links.length} of ${links.map(({ from, to }) => `${from.length > 1}-${to.length > 1}`).join()}`);
        }
      }
      expect({ ...plan, faults: [] }).toEqual({ ...PLAN, faults: [] });
    }
    expect([...shapes]).toEqual(
      expect.arrayContaining([
        'all',
        '1 of false-true',
        '1 of true-false',
        '1 of true-true',
        '2 of true-true,true-true',
      ]),
    );
  });

  it('goes by the seed, and by each fault alone', () => {
    expect(withSomeLinks(PLAN, '7')).toEqual(drawn[7]);
    const alone = withFaults(PLAN, [faultOf(PLAN, 'delay')]);
    for (const seed of ['1', '2', '3', '4']) {
      expect(faultOf(withSomeLinks(alone, seed), 'delay')).toEqual(faultOf(withSomeLinks(PLAN, seed), 'delay'));
    }
  });
});
