// Takes the README's picture: runs the simulator, opens the report in Chromium, and keeps the upper part of the page.
//   npm run build && node examples/make-picture.mjs
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('..', import.meta.url));
const run = 'runs/readme';
rmSync(join(root, run), { recursive: true, force: true });
await execa(
  'node',
  ['dist/cli.js', 'nemesis', '--partition', '--loss', '0.1', '--cluster', 'sim', '--seed', 'readme', '--out', run],
  { cwd: root },
);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-background-networking'],
});
const page = await browser.newPage({ viewport: { width: 1100, height: 1600 }, deviceScaleFactor: 1 });
await page.goto(`file://${join(root, run, 'report.html')}`);
await page.screenshot({
  path: join(root, 'examples', 'report.png'),
  clip: { x: 0, y: 0, width: 1100, height: 2600 },
  fullPage: true,
});
await browser.close();
