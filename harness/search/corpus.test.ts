/**
 * The corpus: every plan in corpus/ once broke something, was shrunk, and is run again here. With its bug planted it
 * still breaks the same property; the correct protocol stands it. See corpus/README.md.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { AnyProtocol } from '../../impl/protocol.ts';
import { protocols } from '../../impl/registry.ts';
import { JUDGE_PARTS, KNOWLEDGE } from '../cli/parts.ts';
import type { Plan } from '../model/plan.ts';
import { checkPlan } from '../model/plan-check.ts';
import { parsePlan } from '../model/plan-schema.ts';
import { MENDED_BUGS, NEEDS_MORE, PLANTED_BUGS, plantedBug, READABLE } from '../proof/planted-bugs.ts';
import { brokenBy, liesOf, quickSettings } from './oracle.ts';
import { shrink } from './shrink.ts';
import { runTrial, withSwaps } from './trial.ts';

const FOLDER = fileURLToPath(new URL('../../corpus/', import.meta.url));

interface Entry {
  /** What was broken. */
  readonly property: string;
  /** The planted bug that breaks it (harness/proof/planted-bugs.ts); null where the protocol itself does. */
  readonly bug: string | null;
  /** The protocol that stands it: the one that was mended, or the real one beside a textbook's. */
  readonly stands: string;
  readonly note: string;
  readonly plan: Plan;
}

const ENTRIES = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json'))
  .sort()
  .map((file) => {
    const entry = JSON.parse(readFileSync(`${FOLDER}${file}`, 'utf8')) as Entry;
    return { file, ...entry, plan: completed(entry.plan) };
  });

/** Settings that came after the plan was written have their quick values; those that it has are kept. */
function completed(plan: Plan): Plan {
  const usual = quickSettings(protocols);
  return {
    ...plan,
    channels: plan.channels.map((channel) => ({
      ...channel,
      settings: { ...usual(channel.protocol), ...channel.settings },
    })),
  };
}

/** With the bug planted, where it is a planted one. */
function buggy({ bug }: Entry): ReadonlyMap<string, AnyProtocol> {
  if (bug === null) return protocols;
  const { of, protocol } = plantedBug(bug);
  return withSwaps(protocols, { [of]: protocol });
}

/** The same plan for the protocol that stands it. */
function correct({ plan, stands }: Entry): Plan {
  const settings = quickSettings(protocols)(stands) ?? {};
  const isTextbook = (name: string): boolean => name.startsWith('textbook/');
  return {
    ...plan,
    channels: plan.channels.map((channel) =>
      isTextbook(channel.protocol) ? { ...channel, protocol: stands, settings } : channel,
    ),
  };
}

describe.each(ENTRIES)('$file', (entry) => {
  it('is a plan, small enough to read, with a note', async () => {
    await parsePlan(JSON.stringify(entry.plan), entry.file, KNOWLEDGE);
    expect(entry.note).toMatch(/\w{3}/);
    for (const part of ['faults', 'operations', 'members'] as const) {
      const needed = NEEDS_MORE[entry.bug ?? '']?.[part];
      // A bug that needs more needs exactly that.
      if (needed !== undefined) expect(entry.plan[part], part).toHaveLength(needed);
      else expect(entry.plan[part].length, part).toBeLessThanOrEqual(READABLE[part]);
    }
  });

  it('still breaks what it broke', () => {
    expect(brokenBy(entry.plan, { ...JUDGE_PARTS, protocols: buggy(entry) }, KNOWLEDGE)).toContain(entry.property);
  });

  it('is stood by the correct protocol', () => {
    const plan = correct(entry);
    checkPlan(plan, KNOWLEDGE, entry.file);
    const found = runTrial(plan, JUDGE_PARTS).properties.filter(({ verdict }) => verdict === 'invalid');
    expect(found.map(({ name, reason }) => `${name}: ${reason}`)).toEqual([]);
  });

  it('cannot be shrunk any further', () => {
    const known = buggy(entry);
    const parts = { ...JUDGE_PARTS, protocols: known };
    const { plan } = shrink({
      plan: entry.plan,
      fails: (candidate) => brokenBy(candidate, parts, KNOWLEDGE).includes(entry.property),
      usualSettings: quickSettings(known),
      liesOf: liesOf(known),
      mostRuns: 2000,
    });
    expect(plan).toEqual(entry.plan);
  });
});

/** Naive in what it costs, and not in what it promises: nothing can break. */
const WASTEFUL = ['textbook/hybrid'];

it('the corpus has a plan for each planted bug and each unsafe textbook protocol', () => {
  const named = new Set(ENTRIES.map(({ bug, plan }) => bug ?? plan.channels[0]?.protocol));
  const wanted = [
    ...[...PLANTED_BUGS, ...MENDED_BUGS].map((bug) => bug.name),
    ...[...protocols.keys()].filter((name) => name.startsWith('textbook/') && !WASTEFUL.includes(name)),
  ];
  expect(wanted.filter((name) => !named.has(name))).toEqual([]);
});
