import { expect, test } from 'vitest';
import { planOf } from '../proof/test-scenario.ts';
import { exploreFile } from '../search/explore-file.ts';
import { emptyTally, type FailureGroup } from '../search/tally.ts';
import { searchSummary } from './explore-summary.ts';

const plan = planOf('summary', {}, { protocols: ['swim'] });

function group(property: string, summary: string): FailureGroup {
  return { trial: 1, seed: 'x-1', property, channel: 'swim', shape: summary, summary, count: 2, plan };
}

function summaryOf(groups: FailureGroup[], all: boolean, complete: boolean): string {
  const file = exploreFile({
    ...{ hearsay: '0', seed: 'x', seeds: 4, all, complete, elapsedMs: 1, tally: { ...emptyTally(), groups } },
    space: { protocols: ['swim'], nodes: [4, 4], timeMs: [1000, 1000], settings: 'quick' },
    shards: [{ index: 1, of: 1 }],
  });
  return searchSummary(file, ({ property }) => `found/${property}.plan.json`);
}

test('names the way in which a property was broken to shrink, where there are several', () => {
  const validity = group('broadcast-safety', 'Validity: n1 never had it.');
  const totality = group('broadcast-safety', 'Totality: n2 never had it.');
  const other = group('refutation', 'n1 went from suspect to alive.');
  const text = summaryOf([validity, totality, other], true, true);
  expect(text).toContain('--property broadcast-safety --witness Validity:\n');
  expect(text).toContain('--property broadcast-safety --witness Totality:\n');
  expect(text).toContain('--property refutation\n');
  // Control: where it was broken in one way only, there is nothing to mix up.
  expect(summaryOf([validity, other], true, true)).not.toContain('--witness');
});

test('says why it ended early', () => {
  const found = [group('refutation', 'n1 went from suspect to alive.')];
  expect(summaryOf(found, false, false)).toContain('stopped at the first failure; --all goes on');
  expect(summaryOf(found, true, false)).toContain('the search did not make all its trials');
  expect(summaryOf([], false, false)).toContain('the search did not make all its trials');
  expect(summaryOf(found, true, true)).not.toMatch(/stopped|did not make/);
});
