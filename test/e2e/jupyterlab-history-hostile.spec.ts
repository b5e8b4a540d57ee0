// What is brought back comes from a snapshot, and that may have been put by anybody, and be of another notebook than the one in front.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientOf } from './fixtures.ts';
import { cellOf, expect, runCommand, ownPageTest as test, writeNotebook } from './jupyterlab.ts';
import { named } from './people.ts';
import { watchForScripts } from './runs.ts';
import { type MadeCell, putSnapshot, shown } from './snapshots.ts';

const RUN = 'window.pwned=1;alert(1)';
const HTML = `<b>as it was shown</b><script>${RUN}</script><img src="x" onerror="${RUN}"><svg onload="${RUN}"></svg>`;

test('cells come back into the notebook that they are of, and no script of theirs runs', async ({ page, jupyter, tmpPath, cellkeep }) => {
  const mine = writeNotebook(jupyter, tmpPath, 'mine.ipynb', [{ id: 'first', source: 'mine now' }]);
  const other = writeNotebook(jupyter, tmpPath, 'other.ipynb', [{ id: 'first', source: 'other now' }]);
  const cells = (source: string): MadeCell[] => [
    {
      ...{ id: 'first', source, executionCount: 1, metadata: { trusted: true, tags: ['kept'] } },
      outputs: [shown({ 'text/html': HTML }), shown({ 'application/javascript': RUN })],
    },
  ];
  const ofMine = await putSnapshot(cellkeep, { path: mine, cells: cells('mine as it was') });
  const ofGone = await putSnapshot(cellkeep, { path: `${tmpPath}/gone.ipynb`, cells: cells('of one that is gone') });
  const bob = named('Bob');
  const { user } = await cellkeep.client.access.users.create({ name: bob });
  const { secret } = await cellkeep.client.access.tokens.create({ label: 'kernel', userId: user.id });
  const asBob = { ...cellkeep, client: clientOf({ url: cellkeep.url, token: secret }) };
  const ofBob = await putSnapshot(asBob, { path: other, cells: cells('of Bob') });
  const check = await watchForScripts(page);
  const inFront = page.locator('#jp-main-dock-panel .lm-TabBar-tab.jp-mod-current');
  const editor = cellOf(page, 0).locator('.cm-content');
  const output = cellOf(page, 0).locator('.jp-OutputArea-output', { hasText: 'as it was shown' });

  await runCommand(page, 'docmanager:open', { path: other });
  await expect(editor).toHaveText('other now');
  await runCommand(page, 'cellkeep:design-restore-cells', { snapshotId: ofMine });
  await expect(inFront).toHaveText('mine.ipynb');
  await expect(editor).toHaveText('mine as it was');
  await expect(output).toBeVisible();
  await check();

  await runCommand(page, 'cellkeep:design-open-snapshot', { snapshotId: ofMine });
  await expect(inFront).toHaveText(/^mine \(.*\)\.ipynb$/);
  await expect(output).toBeVisible();
  await check();
  const made = readdirSync(join(jupyter.root, tmpPath)).find((name) => name.startsWith('mine ('));
  const file = JSON.parse(readFileSync(join(jupyter.root, tmpPath, made ?? ''), 'utf8'));
  expect(file.cells[0].metadata).toEqual({ tags: ['kept'] });

  // Of somebody else's notebook under the same path, or of one that is not here: the person is asked.
  await runCommand(page, 'docmanager:open', { path: other });
  await expect(editor).toHaveText('other now');
  const asked = page.getByRole('dialog', { name: 'Put back into other.ipynb?' });
  await runCommand(page, 'cellkeep:design-restore-cells', { snapshotId: ofBob });
  await expect(asked).toContainText(`The cells are of ${other}, a notebook of ${bob}.`);
  await asked.getByRole('button', { name: 'Cancel' }).click();
  await expect(asked).toHaveCount(0);
  await expect(editor).toHaveText('other now');
  await runCommand(page, 'cellkeep:design-restore-cells', { snapshotId: ofGone });
  await expect(asked).toContainText(`The cells are of ${tmpPath}/gone.ipynb, which is not here.`);
  await asked.getByRole('button', { name: 'Put Back' }).click();
  await expect(editor).toHaveText('of one that is gone');
  await expect(output).toBeVisible();
  await check();

  // What was held back was no dud: it runs once the person trusts the notebook.
  await runCommand(page, 'notebook:trust');
  await page.getByRole('dialog').getByRole('button', { name: 'Trust' }).click();
  await page.waitForFunction(() => 'pwned' in window);
});
