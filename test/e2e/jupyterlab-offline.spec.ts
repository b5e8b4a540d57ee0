// The server goes and comes back: the page says so, nothing that was logged is lost.
import {
  badgeOf,
  cellOf,
  expect,
  openNotebook,
  openSidebar,
  runCell,
  runCommand,
  statusOf,
  ownPageTest as test,
  writeNotebook,
} from './jupyterlab.ts';
import { keepPicture } from './runs.ts';

// Its own server and its own JupyterLab: the shared ones must not feel this.
test.use({
  jupyter: async ({ newServer, newJupyter }, use) => {
    const server = await newServer();
    const jupyter = await newJupyter({ server, env: { CELLKEEP_E2E_HOME: server.home } });
    await use(Object.assign(jupyter, { server }));
  },
});

// Three programs are started before it begins.
test.describe.configure({ timeout: 400_000 });

const LOOP = `import cellkeep, pathlib, time
with cellkeep.run("long haul"):
    step = 0
    while not pathlib.Path("stop").exists():
        cellkeep.log({"loss": 1 / (step + 1)}, step=step); step += 1
        time.sleep(0.02)
print("logged", step)`;

test('a killed server is said to be away, and when it is back the points that waited arrive', async ({
  page,
  jupyter,
  newServer,
  tmpPath,
}) => {
  const { writeFileSync } = await import('node:fs');
  const server = (jupyter as unknown as { server: Awaited<ReturnType<typeof newServer>> }).server;
  const path = writeNotebook(jupyter, tmpPath, 'offline.ipynb', [
    { id: 'loop', source: LOOP },
    { id: 'note', source: 'saved' },
  ]);
  await openSidebar(page);
  await openNotebook(page, path);
  await expect(statusOf(page)).toHaveAttribute('data-tone', 'live');
  await runCell(page, 0);
  await expect(badgeOf(page, 0)).toHaveAttribute('data-status', 'running');
  await expect(badgeOf(page, 0)).toContainText(/0\.0\d+/);

  await server.kill();
  const killedAt = Date.now();
  await expect(statusOf(page)).toContainText(/waiting|offline/);
  await expect(statusOf(page)).toContainText(/\d+ points? waiting/, { timeout: 30_000 });
  // An interruption of less than three seconds is told by the status bar alone.
  await expect.poll(() => Date.now() - killedAt).toBeGreaterThan(5_000);
  await expect(badgeOf(page, 0)).toHaveAttribute('data-status', 'running');
  // A snapshot is taken all the same, of what was never saved; it waits in the page.
  await cellOf(page, 1).locator('.cm-content').fill('typed while the server was away');
  await runCommand(page, 'cellkeep:design-take-snapshot', { label: 'while away' });
  await expect(page.locator('.Toastify__toast').filter({ hasText: 'waits in this page' })).toBeVisible();
  await keepPicture(page, 'offline.png');

  // Looked for from now on, since it goes by itself after some seconds.
  const toast = page.locator('.Toastify__toast').filter({ hasText: 'connected again' }).waitFor({ timeout: 60_000 });
  const again = await newServer({ home: server.home, port: server.port });
  await expect(statusOf(page)).toHaveAttribute('data-tone', 'live', { timeout: 40_000 });
  await toast;
  await expect(badgeOf(page, 0)).toHaveAttribute('data-status', 'running');

  const documentOf = async () => {
    const { snapshots } = await again.client.design.snapshots.list({ notebookPath: path });
    const taken = snapshots.find(({ label, hasDocument }) => label === 'while away' && hasDocument);
    return taken && (await again.client.design.snapshots.cells({ id: taken.id })).cells.map(({ source }) => source);
  };
  await expect.poll(documentOf, { timeout: 30_000 }).toEqual([LOOP, 'typed while the server was away']);

  writeFileSync(`${jupyter.root}/${tmpPath}/stop`, '');
  await expect(page.locator('.jp-OutputArea-output').last()).toContainText('logged');
  const logged = Number((await page.locator('.jp-OutputArea-output').last().textContent())?.replace(/\D/g, ''));
  await expect(badgeOf(page, 0)).toHaveAttribute('data-status', 'finished');
  const { runs } = await again.client.tracking.runs.search({ notebookPath: path });
  await expect
    .poll(async () => (await again.client.tracking.runs.get({ id: runs[0]!.id })).metrics.loss?.count, { timeout: 30_000 })
    .toBe(logged);
  const { series } = await again.client.tracking.metrics.history({ runIds: [runs[0]!.id], keys: ['loss'], maxPoints: 1_000_000 });
  expect(series[0]?.steps).toEqual(Array.from({ length: logged }, (_, i) => i));
});
