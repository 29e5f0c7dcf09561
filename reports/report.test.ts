import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { EXIT, type RunVerdict } from '../harness/model/verdict.ts';
import { createReport, type Report } from './report.ts';
import { type SyntheticOptions, syntheticRun } from './synthetic-run.ts';

function draw(options: SyntheticOptions = {}, change: (verdict: RunVerdict) => RunVerdict = (same) => same): Report {
  const run = syntheticRun(options);
  const report = createReport(run.plan, run.timeline);
  for (const line of run.lines) report.line(line);
  return report.end({ ...run.input, verdict: change(run.input.verdict) });
}

const HOSTILE =
  '</script></style><img src=x onerror=alert(1)>"\'&$&\u2028\u0000\u001b[31m]]>--><!-- https://evil.example/{{x}}';
const plainReport = draw();
const hostileReport = draw({ hostile: HOSTILE });

test('the verdict, why, the seed and the command stand at the top', () => {
  const head = plainReport.html.slice(0, plainReport.html.indexOf('<main>'));
  expect(head).toContain('<span class="word">FAIL</span>');
  expect(head).toContain('lost-writes [anti-entropy]: 1 of 290 acknowledged writes');
  expect(head).toContain('npm run nemesis -- --partition --loss 0.1 --seed k7-quiet-otter');
  expect(head).toContain('<dt>exit code</dt><dd>1</dd>');
  expect(head).toContain('Witness: Write 118 of k1 by n3 was acknowledged');
});

test('a failure comes with the command that shrinks it, and liars with their names', () => {
  const run = syntheticRun({ operations: 2 });
  const lie = {
    id: 'byzantine-1',
    type: 'byzantine',
    atMs: 0,
    untilMs: 1,
    channel: 'swim',
    behaviour: 'flap',
  } as const;
  const faults = ['n3', 'n1'].map((name, i) => ({ ...lie, id: `byzantine-${i}`, targets: [name] }));
  const head = (change: Partial<RunVerdict>, beyond: number): string => {
    const report = createReport({ ...run.plan, faults }, run.timeline);
    const [first] = run.input.verdict.properties;
    if (first === undefined) throw new Error('no property');
    const valid = { ...first, verdict: 'valid' } as const;
    const outside = { ...first, verdict: 'not-applicable', beyondClaims: 'liars', violations: 2 } as const;
    const properties = [valid, ...Array.from({ length: beyond }, () => outside)];
    const verdict = { ...run.input.verdict, properties, slos: [], ...change };
    const input = { ...run.input, plan: { ...run.plan, faults }, shrinkCommand: 'npm run hearsay -- shrink runs/x' };
    return report.end({ ...input, verdict }).html.split('<main>')[0] ?? '';
  };
  const sound = head({ verdict: 'valid', exitCode: EXIT.ok }, 2);
  expect(sound).toContain('<dt>faults</dt><dd>n1, n3 lie</dd>');
  expect(sound).toContain(
    '2 are beyond what is claimed under such faults, and prove nothing: 2 of them were seen broken',
  );
  expect(sound).not.toContain('hearsay -- shrink');
  expect(sound).not.toContain('Witness: ');
  expect(head({ verdict: 'valid', exitCode: EXIT.ok }, 0)).not.toContain('beyond what is claimed');
  expect(head({ verdict: 'invalid', exitCode: EXIT.invalid }, 0)).toContain('npm run hearsay -- shrink runs/x');
});

test('the word follows the verdict and the SLOs', () => {
  const properties = plainReport.html.length > 0 ? syntheticRun({ operations: 2 }).input.verdict.properties : [];
  const valid = properties.filter((property) => property.verdict === 'valid');
  const word = (change: Partial<RunVerdict>): string =>
    /<span class="word">([^<]+)</.exec(draw({ operations: 2 }, (verdict) => ({ ...verdict, ...change })).html)?.[1] ??
    '';
  expect(word({ verdict: 'valid', exitCode: EXIT.ok, properties: valid, slos: [] })).toBe('PASS');
  expect(word({ verdict: 'valid', exitCode: EXIT.slo, properties: valid })).toBe('SLO MISSED');
  expect(word({ verdict: 'unknown', exitCode: EXIT.unknown })).toBe('UNKNOWN');
  expect(word({ verdict: 'unknown', exitCode: EXIT.unknown, properties: [], slos: [] })).toBe('UNKNOWN');
});

test('every section is there, with figures of this run', () => {
  const { html } = plainReport;
  for (const id of [
    'properties',
    'timeline',
    'membership',
    'coverage',
    'latency',
    'bandwidth',
    'calibration',
    'metrics',
    'claims',
    'environment',
  ])
    expect(html).toContain(`<section id="${id}">`);
  expect(html).toContain('beyond claims');
  expect(html).toContain('n1–n3 declared n4–n7 dead between');
  expect(html).toContain('All 295 broadcasts were followed.');
  expect(html).toContain('theory: push-pull, fanout 1, rounds of 100 ms');
  expect(html).toContain('the same with 10 % loss');
  expect(html).toContain('partition · halves: n1–n3 | n4–n7');
  expect(html).toMatch(/<td class="number">0\.0983<\/td>/);
  expect(html).toContain('sha256:5f1d');
  expect(html.match(/<figure /g)?.length).toBe(13);
  expect(html.length).toBeLessThan(3_000_000);
});

test('the policy forbids everything but the one style sheet, and the page asks for nothing', () => {
  const { html } = plainReport;
  const policy = /<meta http-equiv="Content-Security-Policy" content="([^"]+)">/.exec(html)?.[1] ?? '';
  const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? '';
  const hash = createHash('sha256').update(style).digest('base64');
  expect(policy).toBe(`default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`);
  expect(html.indexOf('Content-Security-Policy')).toBeLessThan(html.indexOf('<style>'));
  for (const page of [html, hostileReport.html]) {
    const tags = page.match(/<[^>]+>/g) ?? [];
    expect(tags.filter((tag) => /^<(?:script|img|link|iframe|object|embed|base|form|use|image)\b/i.test(tag))).toEqual(
      [],
    );
    expect(
      tags.filter((tag) => / (?:src|style|srcdoc|action|on[a-z]+)=(?![^"]*&gt;)/.test(tag.replace(/"[^"]*"/g, '""'))),
    ).toEqual([]);
    const links = tags.flatMap((tag) => [...tag.matchAll(/ (?:xlink:)?href="([^"]*)"/g)].map((found) => found[1]));
    expect(links.filter((link) => !link?.startsWith('#'))).toEqual([]);
    expect(page.match(/<style>/g)).toHaveLength(1);
    expect(page.replace(style, '')).not.toMatch(/url\((?!#)/);
  }
});

test('hostile text stays text, everywhere', () => {
  const { html, json } = hostileReport;
  expect(html).not.toMatch(/<img|<!--|<\/script/i);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none of these may reach the page
  expect(html).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u2028\u2029]/);
  expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;');
  expect(html).toContain('\\u2028\\u0000\\u001b[31m');
  // Drawn like the harmless one: nothing was swallowed or broke out.
  const count = (page: string, tag: string): number => page.split(`<${tag}`).length;
  for (const tag of ['section', 'figure', 'table', 'tr', 'details', 'svg'])
    expect([tag, count(html, tag)]).toEqual([tag, count(plainReport.html, tag)]);
  expect(json).not.toMatch(/[<\u2028]/);
  expect(JSON.parse(json).verdict.seed).toBe(`k7-quiet-otter${HOSTILE}`);
});

test('latencies across hosts carry how far their clocks can be compared; on one host nothing is said', () => {
  const run = syntheticRun({ operations: 2 });
  const report = createReport(run.plan, run.timeline);
  for (const line of run.lines) report.line(line);
  const hosts = ['tcp://a', 'tcp://b'].map((host, i) => ({
    host,
    members: [`n${i + 1}`],
    errorMs: -i,
    uncertaintyMs: 0.5,
  }));
  report.line({ type: 'clocks', time: 1, hosts });
  const { html, json } = report.end(run.input);
  const latency = html.slice(html.indexOf('<section id="latency">'), html.indexOf('<section id="bandwidth">'));
  expect(latency).toContain('Cross-host latencies ± 2 ms');
  expect(latency).toContain('tcp://b ± 1.5 ms');
  expect(JSON.parse(json).hosts).toHaveLength(2);
  expect(plainReport.html).not.toContain('Cross-host');
});

test('ids of one page are unique, so charts cannot clip each other', () => {
  const ids = [...plainReport.html.matchAll(/ id="([^"]+)"/g)].map((found) => found[1]);
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
});

test('report.json carries the verdict, the story and the specs with their data', () => {
  const report = JSON.parse(plainReport.json);
  expect(report).toMatchObject({ format: 'hearsay-report', version: 1 });
  expect(report.membership[0]).toMatchObject({ channel: 'swim', falseDeaths: 24, unmended: 0 });
  expect(report.course.faults).toHaveLength(4);
  expect(report.charts.map((chart: { id: string }) => chart.id)).toContain('coverage-0');
  for (const chart of report.charts) expect(chart.spec.$schema).toMatch(/vega-lite\/v6/);
});

test('the same history gives the same report', () => {
  expect(draw()).toEqual(plainReport);
});

test('a history with nothing in it, and one cut off in the middle, still give a page', () => {
  const run = syntheticRun();
  const empty = {
    ...run.timeline,
    faults: [],
    stays: new Map(),
    healedAt: undefined,
    finalAt: undefined,
    end: undefined,
    lastTime: 0,
  };
  const nothing = createReport(run.plan, empty).end({
    ...run.input,
    verdict: { ...run.input.verdict, properties: [], slos: [], metrics: {} },
  });
  expect(nothing.html).toContain('The history was cut off');
  expect(nothing.html).toContain('No traffic was recorded.');
  expect(nothing.html).not.toContain('NaN');
  const cut = { ...run.timeline, end: undefined, lastTime: 9e9, healedAt: undefined, finalAt: undefined };
  const report = createReport(run.plan, cut);
  for (const line of run.lines) if (line.type !== 'environment' && line.time < 9e9) report.line(line);
  const { html } = report.end(run.input);
  expect(html).toContain('still held at the end of the history');
  expect(html).not.toMatch(/NaN|Infinity/);
});

test('a hundred members: counts in place of strips, and a page of bounded size', () => {
  const { html } = draw({ members: 100, operations: 600 });
  expect(html).toContain('n1–n50 declared n51–n100 dead');
  expect(html).not.toContain('id="beliefs-0"');
  expect(html).toContain('quantiles over 100 members');
  expect(html.length).toBeLessThan(10_000_000);
});

test('can be read aloud: headings in order, cells with headers, charts with labels', () => {
  const levels = [...plainReport.html.matchAll(/<h([1-6])/g)].map(([, level]) => Number(level));
  expect(levels[0]).toBe(1);
  expect(levels.filter((level) => level === 1)).toHaveLength(1);
  for (const [i, level] of levels.slice(1).entries()) expect(level - (levels[i] ?? 0)).toBeLessThanOrEqual(1);
  expect(plainReport.html).not.toMatch(/<th(?![^>]*scope="(?:col|row)")[ >]/);
  for (const [row] of plainReport.html.matchAll(/<tr[ >](?:(?!<\/tr>).)*/gs)) expect(row).toMatch(/<th/);
  for (const [svg] of plainReport.html.matchAll(/<svg[^>]*>/g))
    expect(svg).toMatch(/aria-label="[^"]{9}|aria-hidden="true"/);
  for (const [box] of plainReport.html.matchAll(/<div class="(?:chart|scroll)"[^>]*>/g))
    expect(box).toMatch(/tabindex="0" role="group" aria-label=/);
});

test('the head says that the machine was overrun, where it was', () => {
  const head = ({ html }: Report): string => html.slice(0, html.indexOf('<main>'));
  const told = draw({ operations: 2 }, (verdict) => ({ ...verdict, overrun: 'the machine was overrun: <b>' }));
  expect(head(told)).toContain('<p class="warning">The machine was overrun: &lt;b&gt;.</p>');
  expect(head(plainReport)).not.toContain('overrun');
});
