// Long curves of many runs side by side. A usual run compares 20 x 100,000 points; CELLKEEP_COMPARED=200x1000000 measures what DESIGN.md
// asks for (3 GB of points; at load 15 on two cores it took 13 minutes, nearly all to make them).
import { writeFile } from 'node:fs/promises';
import { addLongCurves } from '../fixtures/manyCurves.ts';
import { databaseOf } from '../fixtures/manyRuns.ts';
import { expect, test } from './fixtures.ts';
import { makeRun, openPage } from './runs.ts';

const [RUNS = 0, POINTS = 0] = (process.env.CELLKEEP_COMPARED ?? '20x100000').split('x').map(Number);
const TIMES = process.env.CELLKEEP_COMPARED ? 5 : 2;

test('long curves of many runs are compared from their zooms, in one request, soon after the navigation', async ({ page, cellkeep }) => {
  test.setTimeout(900_000);
  const { home } = JSON.parse(process.env.CELLKEEP_E2E_SERVER ?? '') as { home: string };
  const made = [];
  for (let i = 0; i < RUNS; i++) made.push(await makeRun(cellkeep, { experimentName: 'long curves', name: `long-${i}` }));
  const { sql, close } = await databaseOf(home);
  await addLongCurves(sql, made, 'loss', POINTS);
  await close();

  await openPage(page, cellkeep, '/experiments'); // code and fonts are there
  await page.addInitScript(() => {
    const look = () => {
      const drawn = document.querySelector('.ck-plot[data-state="ready"]');
      const isAll = / of [\d\u2009]+ points/.test(document.querySelector('.ck-curve-count')?.textContent ?? '');
      if (!drawn || !isAll) return requestAnimationFrame(look);
      return requestAnimationFrame(() => performance.mark('curves'));
    };
    requestAnimationFrame(look);
  });
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  const figures: { clock: number; mainThread: number }[] = [];
  for (let i = 0; i < TIMES; i++) {
    await page.goto(`${cellkeep.url}/compare?runs=${made.map(({ id }) => id).join(',')}`, { waitUntil: 'commit' });
    await page.waitForFunction(() => performance.getEntriesByName('curves').length > 0, null, { timeout: 120_000 });
    const clock = await page.evaluate(() => performance.getEntriesByName('curves')[0]?.startTime ?? 0);
    const { metrics } = await cdp.send('Performance.getMetrics');
    // Time of the thread itself: on a machine that others use too, the clock says how busy they are.
    const mainThread = (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1_000;
    figures.push({ clock: Math.round(clock), mainThread: Math.round(mainThread) });
  }
  const told = JSON.stringify({ runs: RUNS, points: POINTS, ms: figures });
  test.info().annotations.push({ type: 'compared, ms', description: told });
  await writeFile(test.info().outputPath('measured.json'), told);
  const all = String(RUNS * POINTS).replace(/\B(?=(\d{3})+$)/g, '\u2009');
  await expect(page.locator('.ck-curve-count').first()).toContainText(`of ${all} points`);
  // The goal is 1 s for 200 runs on a quiet machine; a busy one must not make this fail, reading the points themselves must.
  expect(Math.min(...figures.map(({ mainThread }) => mainThread)), told).toBeLessThan(1_000);
});
