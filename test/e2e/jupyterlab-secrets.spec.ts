// The token of the Cellkeep server never reaches the browser, and another site cannot use the way through Jupyter.
import {
  cellOf,
  expect,
  loadLab,
  openNotebook,
  openSidebar,
  runCell,
  runCommand,
  statusOf,
  ownPageTest as test,
  writeNotebook,
} from './jupyterlab.ts';

// The first watches all that a page gets, from its beginning: of an answer that a second load cuts off no body would ever come.
test.use({ autoGoto: false });

test('no answer, no message and no storage of the page holds the token', async ({ page, jupyter, tmpPath, cellkeep }) => {
  const found: string[] = [];
  let answers = 0;
  let frames = 0;
  const search = (where: string, text: string) => {
    if (text.includes(cellkeep.token)) found.push(where);
  };
  const unread = new Set<string>();
  page.context().on('response', (response) => {
    answers += 1;
    search(`headers of ${response.url()}`, JSON.stringify(response.headers()));
    const url = response.url();
    if ([204, 304].includes(response.status())) return; // has no body
    unread.add(url);
    void response
      .body()
      .then((body) => search(`body of ${url}`, body.toString('latin1')))
      .catch(() => undefined) // a redirect has no body
      .finally(() => unread.delete(url));
  });
  page
    .context()
    .on('request', (request) =>
      search(`request ${request.url()}`, request.url() + JSON.stringify(request.headers()) + (request.postData() ?? '')),
    );
  page.on('websocket', (socket) => {
    search('address of a WebSocket', socket.url());
    const frame = ({ payload }: { payload: string | Buffer }) => {
      frames += 1;
      search(`frame of ${socket.url()}`, payload.toString('latin1' as never));
    };
    socket.on('framereceived', frame);
    socket.on('framesent', frame);
  });

  await loadLab(page, jupyter);
  const path = writeNotebook(jupyter, tmpPath, 'secret.ipynb', [
    { id: 'one', source: 'import cellkeep\nwith cellkeep.run("secret"):\n    cellkeep.log({"loss": 1.0})\n%cellkeep' },
  ]);
  await openSidebar(page);
  await openNotebook(page, path);
  await runCell(page, 0);
  await expect(cellOf(page, 0).locator('.ck-badge')).toHaveAttribute('data-status', 'finished');
  await runCommand(page, 'cellkeep:tracking-open-cell-run');
  await expect(page.locator('.lm-TabBar-tabLabel', { hasText: 'secret' }).last()).toBeVisible();
  await expect(statusOf(page)).toHaveAttribute('data-tone', 'live');

  // Every answer that the page could ask for by itself, the status among them.
  for (const address of [
    'cellkeep-status',
    'cellkeep/api/v1/me',
    'cellkeep/api/v1/tokens',
    'cellkeep/health',
    'cellkeep/',
    'cellkeep/api/v1/openapi.json',
  ]) {
    search(address, await page.evaluate(async (url) => (await fetch(url)).text(), `${jupyter.url}${address}`));
  }
  const kept = await page.evaluate(async () => {
    const databases = await indexedDB.databases();
    return JSON.stringify({
      local: { ...localStorage },
      session: { ...sessionStorage },
      cookies: document.cookie,
      databases,
      page: document.documentElement.outerHTML,
    });
  });
  search('storage', kept + JSON.stringify(await page.context().storageState({ indexedDB: true })));
  // Playwright never gives the bodies of what a worker asks for: its script, and parts of snapshots, which are read by the server's own tests.
  const isOfWorker = (url: string) => /\/labextensions\/@cellkeep\/|\/cellkeep\/api\/v1\/parts/.test(url);
  await expect.poll(() => [...unread].filter((url) => !isOfWorker(url)), { timeout: 30_000 }).toEqual([]);
  expect(answers).toBeGreaterThan(20);
  expect(frames).toBeGreaterThan(10);
  expect(found).toEqual([]);
});

test('a page of another origin gets neither the WebSocket nor a write', async ({ page, jupyter, cellkeep }) => {
  // The page keeps Jupyter's cookies; only its origin is foreign.
  const foreign = await page.context().newPage();
  await foreign.goto(`${cellkeep.url}/health`);
  const socket = await foreign.evaluate(
    (url) =>
      new Promise<string>((resolve) => {
        const ws = new WebSocket(url);
        ws.onopen = () => resolve('open');
        ws.onerror = () => resolve('refused');
      }),
    `${jupyter.url.replace('http', 'ws')}cellkeep/api/v1/rpc`,
  );
  expect(socket).toBe('refused');
  const before = (await cellkeep.client.tracking.runs.search({ limit: 1 })).total;
  await foreign.evaluate(
    (url) =>
      fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include', headers: { 'content-type': 'text/plain' }, body: '{}' }).catch(
        () => null,
      ),
    `${jupyter.url}cellkeep/api/v1/runs`,
  );
  expect((await cellkeep.client.tracking.runs.search({ limit: 1 })).total).toBe(before);
  await foreign.close();
});
