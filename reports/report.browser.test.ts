/** The page in a real browser: nothing blocked, nothing asked for, nothing that sticks out. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { expect, test } from 'vitest';
import { createReport } from './report.ts';
import { syntheticRun } from './synthetic-run.ts';
import { busyRun, spaceTimePage } from './synthetic-space-time.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);

function write(directory: string, name: string, hostile: string): string {
  const run = syntheticRun({ hostile });
  const report = createReport(run.plan, run.timeline);
  for (const line of run.lines) report.line(line);
  const path = join(directory, name);
  writeFileSync(path, report.end(run.input).html);
  return pathToFileURL(path).href;
}

test('opens at 400 and 1400 px without error, request or overflow', { timeout: 120_000 }, async (context) => {
  if (CHROMIUM === undefined) {
    console.warn('SKIPPED: no chromium at /usr/bin; the report was not opened in a browser (apt-get install chromium)');
    context.skip('no chromium at /usr/bin: the report was not opened in a browser');
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), 'hearsay-report-'));
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-background-networking'],
  });
  try {
    const pages = [
      write(directory, 'plain.html', ''),
      write(directory, 'hostile.html', '</script><img src=http://localhost:9/x onerror=alert(1)>"\''),
    ];
    for (const url of pages) {
      for (const width of [400, 1400]) {
        const page = await browser.newPage({ viewport: { width, height: 900 } });
        const complaints: string[] = [];
        page.on('console', (message) => complaints.push(`console: ${message.text()}`));
        page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
        page.on('dialog', (dialog) => complaints.push(`dialog: ${dialog.message()}`));
        page.on('request', (request) => {
          if (request.url() !== url) complaints.push(`request: ${request.url()}`);
        });
        await page.goto(url);
        const seen = (await page.evaluate(`({
          scroll: document.documentElement.scrollWidth,
          charts: [...document.querySelectorAll('.chart svg')].map((svg) => svg.getBoundingClientRect().height),
          text: getComputedStyle(document.querySelector('.word')).fontSize,
        })`)) as { scroll: number; charts: number[]; text: string };
        expect(complaints).toEqual([]);
        expect(seen.scroll).toBeLessThanOrEqual(width);
        expect(seen.charts.length).toBe(13);
        expect(Math.min(...seen.charts)).toBeGreaterThan(60);
        // The style sheet's hash was accepted.
        expect(seen.text).toBe('34px');
        await page.close();
      }
    }
    // Control: the same ears hear a page that does what a report must not.
    const bad = join(directory, 'bad.html');
    writeFileSync(
      bad,
      `<!doctype html><meta http-equiv="Content-Security-Policy" content="default-src 'none'"><p style="color:red">x</p>`,
    );
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    await page.goto(pathToFileURL(bad).href);
    expect(complaints.join()).toMatch(/Content Security Policy/);
  } finally {
    await browser.close();
    rmSync(directory, { recursive: true, force: true });
  }
});

test('a space-time diagram of seven members: real boxes of its labels never meet', {
  timeout: 60_000,
}, async (context) => {
  if (CHROMIUM === undefined) {
    context.skip('no chromium at /usr/bin: the diagram was not opened in a browser');
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), 'hearsay-space-time-'));
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  try {
    const path = join(directory, 'space-time.html');
    writeFileSync(path, spaceTimePage(busyRun(7, 400)));
    for (const width of [420, 1280]) {
      const page = await browser.newPage({ viewport: { width, height: 900 } });
      await page.goto(pathToFileURL(path).href);
      const seen = (await page.evaluate(`(() => {
        const boxes = [...document.querySelectorAll('.true-size text')].map((text) => ({ box: text.getBBox(), text: text.textContent }));
        const meet = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
        const met = [];
        boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => { if (meet(a.box, b.box)) met.push(a.text + ' and ' + b.text); }));
        const [svg] = document.querySelectorAll('.true-size');
        return {
          met,
          labels: boxes.length,
          outside: boxes.filter(({ box }) => box.x + box.width > svg.viewBox.baseVal.width).map(({ text }) => text),
          scroll: document.documentElement.scrollWidth,
          fontPx: svg.getBoundingClientRect().width / svg.viewBox.baseVal.width * 12,
        };
      })()`)) as { met: string[]; labels: number; outside: string[]; scroll: number; fontPx: number };
      expect(seen).toMatchObject({ met: [], outside: [], fontPx: 12 });
      expect(seen.labels).toBeGreaterThan(100);
      expect(seen.scroll).toBeLessThanOrEqual(width);
      await page.close();
    }
  } finally {
    await browser.close();
    rmSync(directory, { recursive: true, force: true });
  }
});
