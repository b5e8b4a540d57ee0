// The run table on 100,000 runs: first rows, any place at once, scrolling, groups; what is legible in both themes.
import { expect, test } from '@playwright/test';
import { addManyRuns, databaseOf } from '../fixtures/manyRuns.ts';
import { type Cellkeep, clientOf } from './fixtures.ts';
import { type ServerProcess, startServer } from './processes.ts';
import { openPage } from './runs.ts';
import { rows, shownNames, table } from './tableOf.ts';

const RUNS = 100_000;
let server: ServerProcess;
let cellkeep: Cellkeep;
let address = '';
let total = 0;

test.describe.configure({ mode: 'serial', timeout: 180_000 });

test.beforeAll(async () => {
  test.setTimeout(600_000);
  server = await startServer();
  cellkeep = { ...server, client: clientOf(server) };
  const { sql, close } = await databaseOf(server.home);
  const { experimentId } = await addManyRuns(sql, { runs: RUNS, metrics: 4, curves: 20 });
  await close();
  address = `/experiments/${experimentId}`;
  total = (await cellkeep.client.tracking.runs.search({ experimentIds: [experimentId], limit: 1 })).total;
});
test.afterAll(() => server.stop());

test('the first rows are painted soon after the navigation', async ({ page }) => {
  await openPage(page, cellkeep, address);
  await expect(rows(page).first()).toContainText('-100000');
  // Marks the first frame that was painted with rows in it.
  await page.addInitScript(() => {
    const look = () => {
      if (!document.querySelector('.ck-tr .ck-run-name')) return requestAnimationFrame(look);
      return requestAnimationFrame(() => performance.mark('rows'));
    };
    requestAnimationFrame(look);
  });
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  const times: number[] = [];
  const ofThread: number[] = [];
  for (let i = 0; i < 3; i++) {
    await page.goto(cellkeep.url + address, { waitUntil: 'commit' });
    await page.waitForFunction(() => performance.getEntriesByName('rows').length > 0);
    const { metrics } = await cdp.send('Performance.getMetrics');
    ofThread.push((metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1_000);
    times.push(await page.evaluate(() => performance.getEntriesByName('rows')[0]?.startTime ?? 0));
  }
  const told = `${times.map(Math.round).join(', ')}; of the main thread ${ofThread.map(Math.round).join(', ')}`;
  test.info().annotations.push({ type: 'first rows, ms', description: told });
  // The goal is 300 ms on a quiet machine; a busy one must not make this fail, a request for each page in between must.
  expect(Math.min(...times)).toBeLessThan(3_000);
  // The thread's own time hardly depends on what else the machine does; some 170 ms.
  expect(Math.min(...ofThread), told).toBeLessThan(600);
});

test('the first rows wait for no WebSocket, and the others for no more than that', async ({ page }) => {
  await openPage(page, cellkeep, address);
  await expect(rows(page).first()).toContainText('-100000');
  let open = () => {};
  const isOpen = new Promise<void>((resolve) => {
    open = resolve;
  });
  await page.routeWebSocket(/\/api\/v1\/rpc/, async (socket) => {
    await isOpen;
    socket.connectToServer();
  });
  await page.reload();
  await expect(rows(page)).toHaveCount(12);
  await expect(rows(page).first()).toContainText('-100000');
  await expect(table(page)).toHaveAttribute('aria-busy', 'true');
  open();
  await expect(table(page)).toHaveAttribute('aria-busy', 'false');
  await expect.poll(() => rows(page).count()).toBeGreaterThan(20);
});

test('End, Home and PageDown go there without the pages in between', async ({ page }) => {
  const asked: string[] = [];
  page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => asked.push(payload.toString())));
  await openPage(page, cellkeep, `${address}?charts=off`);
  await expect(rows(page).first()).toContainText('-100000');
  // The first rows come before the WebSocket and the others by it: what is asked from here on is asked because of the keys.
  await expect(table(page)).toHaveAttribute('aria-busy', 'false');
  await expect.poll(() => rows(page).count()).toBeGreaterThan(20);
  await table(page).focus();
  const searches = () => asked.filter((frame) => frame.includes('runs/search')).length;
  const before = searches();
  await page.keyboard.press('End');
  await expect(page.getByText(/newest first · .*–/).first()).toContainText(`of`);
  await expect(page.locator(`.ck-tr[aria-rowindex="${total + 1}"]`)).toBeVisible();
  await expect.poll(async () => (await shownNames(page)).at(-1)).toMatch(/-\d$/);
  expect(searches() - before).toBeLessThan(6);
  await page.keyboard.press('Home');
  await expect.poll(async () => (await shownNames(page))[0]).toMatch(/-100000$/);
  await page.keyboard.press('PageDown');
  await expect(page.locator('.ck-td[data-active]')).toBeInViewport();
});

test('scrolling costs the main thread less than a frame has', async ({ page }) => {
  await openPage(page, cellkeep, `${address}?charts=off`);
  await expect(rows(page).first()).toContainText('-100000');
  const cdp = await page.context().newCDPSession(page);
  // Time of the thread itself: on a machine that others use too, time of the wall says how busy they are.
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  const measured = async () => new Map((await cdp.send('Performance.getMetrics')).metrics.map(({ name, value }) => [name, value * 1_000]));
  const before = await measured();
  const frames = 120;
  const deltas = await page.evaluate(
    (n) =>
      new Promise<number[]>((resolve) => {
        const grid = document.querySelector('.ck-grid');
        const found: number[] = [];
        let last = performance.now();
        const step = (now: number) => {
          found.push(now - last);
          last = now;
          grid?.scrollBy(0, 56);
          if (found.length < n) requestAnimationFrame(step);
          else resolve(found);
        };
        requestAnimationFrame(step);
      }),
    frames,
  );
  const after = await measured();
  const perFrame = (name: string) => ((after.get(name) ?? 0) - (before.get(name) ?? 0)) / frames;
  const cost = { script: perFrame('ScriptDuration'), layout: perFrame('LayoutDuration'), style: perFrame('RecalcStyleDuration') };
  const sorted = deltas.toSorted((a, b) => a - b);
  const said = { ...cost, medianFrame: sorted[frames / 2], worstFrame: sorted.at(-1) };
  test.info().annotations.push({ type: 'a frame of scrolling, ms', description: JSON.stringify(said) });
  expect(cost.script + cost.layout + cost.style).toBeLessThan(16.7);
  expect(await rows(page).count()).toBeLessThan(90);
});

test('100,000 runs in groups, each opened where it stands', async ({ page }) => {
  await openPage(page, cellkeep, `${address}?group=params.model&charts=off&columns=metrics.loss~metrics.accuracy`);
  await expect(page.locator('.ck-group')).toHaveCount(6);
  await expect(page.getByText(/^6 groups/).first()).toBeVisible();
  await page.locator('.ck-group').first().getByRole('button', { expanded: false }).click();
  await expect(page.locator('.ck-tr .ck-run-name').first()).toBeVisible();
});

test('every text of the table can be read in both themes, coloured cells too', async ({ page }) => {
  const colours = 'colour=metrics.loss:lower~metrics.accuracy:higher&columns=status~metrics.loss~metrics.accuracy~params.lr~when';
  for (const more of ['', '&group=params.model']) {
    await openPage(page, cellkeep, `${address}?charts=off&${colours}${more}`);
    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme });
      await expect(page.locator('body')).toHaveAttribute('data-jp-theme-light', String(theme === 'light'));
      await expect(page.locator('.ck-td[data-tint]').first()).toBeVisible();
      // Colours change within a moment, not at once.
      await expect.poll(() => page.evaluate(unreadable), `${theme}${more}`).toEqual([]);
    }
  }
});

/** Texts in the table whose contrast is below WCAG's 4.5:1, by the colours that the browser computed, painted one over the other. */
function unreadable(): string[] {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  if (!canvas) throw new Error('no canvas');
  const paint = (colours: string[]): number[] => {
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) {
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
    }
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([r = 0, g = 0, b = 0]: number[]) => {
    const [x = 0, y = 0, z = 0] = [r, g, b].map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const found: string[] = [];
  for (const element of document.querySelectorAll<HTMLElement>('.ck-table-main *')) {
    const text = [...element.childNodes].flatMap((node) => (node.nodeType === 3 ? (node.textContent?.trim() ?? '') : '')).join('');
    if (!text || element.closest('[aria-hidden="true"], :disabled, .ck-spoken') || element.checkVisibility?.() === false) continue;
    if (element.closest('.ck-query-text, .ck-skeleton')) continue;
    const below: string[] = [];
    for (let at: HTMLElement | null = element; at; at = at.parentElement) below.unshift(getComputedStyle(at).backgroundColor);
    const back = paint(['#fff', ...below]);
    const front = paint([`rgb(${back.slice(0, 3).join(' ')})`, getComputedStyle(element).color]);
    const [a, b] = [luminance(front), luminance(back)];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) found.push(`${text.slice(0, 30)} (${element.className || element.tagName}): ${contrast.toFixed(2)}`);
  }
  return [...new Set(found)].slice(0, 10);
}
