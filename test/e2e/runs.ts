/** Runs for the server UI's tests, made through the API as a kernel would make them. */
import type { RunCreate } from '@cellkeep/schema/tracking';
import { expect, type Locator, type Page, test } from '@playwright/test';
import type { Cellkeep } from './fixtures.ts';

/** Logs this browser in, then opens a page of the server UI. */
export async function openPage(page: Page, cellkeep: Cellkeep, path: string): Promise<void> {
  await logIn(page, cellkeep, { login: new URL(cellkeep.login).hash.slice(1) });
  await page.goto(cellkeep.url + path);
}

/** As the page of the login link asks for it, without the page: that one is a quarter of what most tests load. */
export async function logIn(page: Page, { url }: Pick<Cellkeep, 'url'>, data: { login: string } | { token: string }): Promise<void> {
  const answer = await page.context().request.post(`${url}/api/v1/session`, { data });
  expect(answer.status(), 'this browser is logged in').toBe(201);
}

export interface MadeRun extends Partial<RunCreate> {
  /** Values by step 0, 1, 2 … */
  metrics?: Record<string, number[]>;
  status?: 'finished' | 'failed' | 'killed';
}

export async function makeRun(cellkeep: Cellkeep, { metrics = {}, status, ...create }: MadeRun) {
  const { runs } = cellkeep.client.tracking;
  const run = await runs.create(create);
  await logPoints(cellkeep, run.id, metrics);
  return status ? await runs.update({ id: run.id, status }) : await runs.get({ id: run.id });
}

export async function logPoints(cellkeep: Cellkeep, id: string, metrics: Record<string, number[]>, firstStep = 0): Promise<void> {
  const now = Date.now();
  const series = Object.entries(metrics).map(([key, values]) => ({
    key,
    values,
    steps: values.map((_, i) => firstStep + i),
    times: values.map((_, i) => now + i),
  }));
  if (series.length > 0) await cellkeep.client.tracking.runs.log({ id, series });
}

export async function putArtifact(
  cellkeep: Cellkeep,
  runId: string,
  path: string,
  content: string | Uint8Array<ArrayBuffer>,
  mediaType: string,
  kind = 'file',
): Promise<void> {
  const files = `${cellkeep.url}/api/v1/runs/${runId}/artifacts/files`;
  const answer = await fetch(`${files}/${path.split('/').map(encodeURIComponent).join('/')}?kind=${kind}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${cellkeep.token}`, 'content-type': mediaType },
    body: content,
  });
  expect(answer.ok, `${path} is stored: ${answer.status}`).toBe(true);
}

/** A run that loses less the further it goes. */
export const falling = (n: number, from = 1, rate = 0.05): number[] => Array.from({ length: n }, (_, i) => from * Math.exp(-i * rate));

/** Fails the test where a script that came from people's data has run: such scripts in these tests set `window.pwned` or open a dialog. */
export async function watchForScripts(page: Page): Promise<() => Promise<void>> {
  const dialogs: string[] = [];
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  return async () => {
    expect(dialogs).toEqual([]);
    expect(await page.evaluate(() => 'pwned' in window)).toBe(false);
  };
}

/** A picture for somebody who looks through them (`CELLKEEP_PICTURES=1`), beside the test's results; no test looks at it. */
export async function keepPicture(of: Page | Locator, name: string): Promise<void> {
  if (process.env.CELLKEEP_PICTURES) await of.screenshot({ path: test.info().outputPath(name) });
}

export async function setTheme(page: Page, theme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme: theme });
  await page.evaluate((isLight) => document.body.setAttribute('data-jp-theme-light', String(isLight)), theme === 'light');
}

/** Nothing sticks out at the side: what is wider scrolls within its own box. */
export async function expectNoSideScroll(page: Page): Promise<void> {
  const [inner, outer] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  expect(inner).toBeLessThanOrEqual(outer ?? 0);
}
