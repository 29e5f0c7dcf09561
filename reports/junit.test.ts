import { expect, test } from 'vitest';
import { junit } from './junit.ts';
import { syntheticRun } from './synthetic-run.ts';
import { xmlFault } from './well-formed.ts';

test('one case for each property and SLO; invalid fails, unknown is an error, not-applicable is skipped', () => {
  const { verdict } = syntheticRun({ operations: 4 }).input;
  const xml = junit(verdict, 32);
  expect(xmlFault(xml)).toBeUndefined();
  expect(xml).toContain('<testsuites name="hearsay" tests="8" failures="2" errors="1" skipped="1" time="32.000">');
  expect(xml.match(/<testcase /g)).toHaveLength(8);
  expect(xml).toMatch(/name="lost-writes \[anti-entropy\]"><failure type="invalid" message="1 of 290 /);
  expect(xml).toMatch(/name="refutation \[swim\]"><error type="unknown" message="2 suspicions /);
  expect(xml).toMatch(/name="broadcast-safety"><skipped message="No reliable /);
  expect(xml).toMatch(/name="delivery_ms.p99 &lt; 50 \(during=partition\)"><failure type="slo" message="nothing was/);
  expect(xml).toContain('Write 118 of k1 by n3 was acknowledged');
});

test('hostile text leaves it well formed', () => {
  const hostile = '</testcase>]]>"\'&<!--\u0000\u001b\u2028\ud800\ufffe';
  const xml = junit(syntheticRun({ operations: 4, hostile }).input.verdict, 1);
  expect(xmlFault(xml)).toBeUndefined();
  expect(xml.match(/<testcase /g)).toHaveLength(8);
});

test('the checker of these tests finds what is broken', () => {
  expect(xmlFault('<a><b></a></b>')).toMatch(/closes something else/);
  expect(xmlFault('<a>&</a>')).toMatch(/bare &/);
  expect(xmlFault('<a x="1" x="2"/>')).toMatch(/twice/);
  expect(xmlFault('<a>\u0001</a>')).toMatch(/forbidden/);
  expect(xmlFault('<a>')).toMatch(/not closed/);
  expect(xmlFault('<a x="<"/>')).toMatch(/no tag/);
  expect(xmlFault('<a x="&amp;"><b/>t</a>')).toBeUndefined();
});
