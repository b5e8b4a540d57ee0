/** What the tests of the run table look at, and an experiment to look at. */
import type { Page } from '@playwright/test';
import { type Cellkeep, test } from './fixtures.ts';
import { falling, makeRun } from './runs.ts';

export const rows = (page: Page) => page.locator('.ck-tr');
export const names = (page: Page) => page.locator('.ck-tr .ck-run-name');
export const table = (page: Page) => page.getByRole('grid', { name: 'Runs' });
export const headers = (page: Page) => page.getByRole('columnheader');
export const headerOf = (page: Page, name: string) => page.getByRole('columnheader', { name, exact: true });

/** Names of the shown runs from top to bottom: rows are reused, so that their order in the page says nothing. */
export async function shownNames(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('.ck-tr')]
      .sort((a, b) => Number(a.dataset.row) - Number(b.dataset.row))
      .flatMap((row) => row.querySelector('.ck-run-name')?.textContent ?? []),
  );
}

/** Texts of the column heads from left to right. */
export async function shownHeads(page: Page): Promise<string[]> {
  return headers(page).evaluateAll((heads) => heads.map((head) => head.querySelector('.ck-th-name')?.firstChild?.textContent ?? ''));
}

export async function openMenu(page: Page, column: string) {
  const head = page.locator('.ck-th', { has: page.getByRole('button', { name: `Menu of ${column}`, exact: true }) });
  await head.hover();
  await head.getByRole('button', { name: `Menu of ${column}`, exact: true }).click();
  return page.getByRole('dialog', { name: `Column ${column}` });
}

/** An experiment of its own with one run for each letter, `a` the newest: auc 0.60, 0.61 …, models forest and mlp in turn, team x and y. */
export async function experimentOf(cellkeep: Cellkeep, letters: string): Promise<string> {
  const experimentName = `table ${test.info().title.slice(0, 60)} ${Date.now()}`;
  const start = Date.now() - 3_600_000;
  let id = '';
  for (const [i, letter] of [...letters].entries()) {
    const run = await makeRun(cellkeep, {
      experimentName,
      name: `run ${letter}`,
      params: { model: i % 2 === 0 ? 'forest' : 'mlp', depth: String(i) },
      tags: { team: i < 2 ? 'x' : 'y' },
      metrics: { auc: [0.5, 0.6 + i / 100], loss: falling(5, 1 + i) },
      status: 'finished',
      startedAt: start - i * 60_000,
    });
    id = run.experimentId;
  }
  return id;
}
