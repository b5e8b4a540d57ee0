// Outputs come from notebooks that anybody may have written: whatever is in them, nothing of it runs, nothing leaves, nothing covers the page.
import type { Request } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { openPage, watchForScripts } from './runs.ts';
import { failed, type MadeCell, putPart, putSnapshot, ranCells, shown, stdout } from './snapshots.ts';

const SPY = 'http://spy.example:9/';
const RUN = 'window.pwned=1;parent.pwned=1;top.pwned=1;alert(1)';
const COVER = 'position:fixed;inset:0;z-index:2147483647;background:red;opacity:0.9';
const SVG = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="40" height="30" onload="${RUN}"><script>${RUN}</script><image href="${SPY}svg.png" width="9" height="9"/><use xlink:href="${SPY}use.svg#x"/><foreignObject width="40" height="30"><body xmlns="http://www.w3.org/1999/xhtml"><img src="x" onerror="${RUN}"/></body></foreignObject><rect width="40" height="30" fill="green"/></svg>`;

const HTML: Record<string, string> = {
  script: `<p>script</p><script>${RUN}</script><script src="${SPY}a.js"></script>`,
  handlers: `<p onclick="${RUN}" onmouseover="${RUN}">handlers</p><img src=x onerror="${RUN}"><details open ontoggle="${RUN}">d</details><video><source onerror="${RUN}"></video><input autofocus onfocus="${RUN}">`,
  links: `<p>links</p><a href="javascript:${RUN}">one</a> <a href="&#106;avascript:${RUN}">two</a> <a href="data:text/html,<script>${RUN}</script>">three</a> <a href="vbscript:x">four</a>`,
  frames: `<p>frames</p><iframe srcdoc="<script>${RUN}</script>"></iframe><iframe src="${SPY}frame"></iframe><object data="${SPY}object"></object><embed src="${SPY}embed"><frameset><frame src="${SPY}f"></frameset>`,
  forms: `<p>forms</p><form action="${SPY}form" method="post"><input name="a" value="1"><button formaction="javascript:${RUN}">go</button></form><isindex action="${SPY}">`,
  moving: `<meta http-equiv="refresh" content="0;url=${SPY}refresh"><base href="${SPY}base/"><link rel="stylesheet" href="${SPY}a.css"><link rel="prefetch" href="${SPY}p"><link rel="dns-prefetch" href="//spy.example"><p>moving</p><a href="relative">r</a><img src="relative.png">`,
  styles: `<style>@import url(${SPY}i.css); body,*{display:none!important;background:url(${SPY}bg.png)} .ck-nb-tools{visibility:hidden}</style><p>styles</p><div style="${COVER}">over all</div>`,
  pictures: `<p>pictures</p><img src="${SPY}pixel.png"><img srcset="${SPY}set.png 2x" src="data:image/png;base64,AA=="><picture><source srcset="${SPY}s.png"></picture><table background="${SPY}t.png"><td background="${SPY}td.png">cell</td></table>`,
  names: `<p>names</p><form name="cellkeep"></form><img name="body" id="root"><a id="document" name="getElementById" href="https://example.org/">clobber</a>`,
  mutation: `<p>mutation</p><math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=${RUN}&gt;"></table></mtext></math><noscript><p title="</noscript><img src=x onerror=${RUN}>"></noscript><svg><style><img src=x onerror="${RUN}"></style></svg>`,
  drawing: `<p>drawing</p>${SVG}`,
  halves: '<p>halves</p><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><title>\ud800</title><text>\udc00</text></svg>',
  size: `<p style="width:99999999px;height:99999999px;font-size:9999px">size</p><table width="9999999"><td colspan="999999999" rowspan="999999999" style="padding:9999px">cell</td></table>`,
};

test('hostile outputs run nothing, fetch nothing and cover nothing, plain and in their own styles', async ({ page, cellkeep }) => {
  const path = 'work/hostile.ipynb';
  const { sessionId, runId } = await ranCells(cellkeep, {
    path,
    run: { name: 'hostile', experimentName: 'hostile outputs' },
    executions: [
      {
        cellId: 'deleted',
        source: `<script>${RUN}</script>`,
        outputs: [await putPart(cellkeep, 'output', shown({ 'text/html': HTML.script }))],
      },
    ],
  });
  const html = Object.entries(HTML).map(
    ([name, source], i): MadeCell => ({
      id: name,
      source: name,
      executionCount: i,
      outputs: [shown({ 'text/html': source, 'text/plain': 'p' })],
    }),
  );
  const cells: MadeCell[] = [
    { id: 'md', type: 'markdown', source: `<script>${RUN}</script><img src=x onerror="${RUN}"> [x](javascript:${RUN}) ![y](${SPY}md.png)` },
    ...html,
    {
      id: 'rest',
      source: `"</pre><script>${RUN}</script>"`,
      executionCount: 99,
      outputs: [
        shown({ 'application/javascript': RUN }),
        shown({ 'image/svg+xml': SVG, 'text/plain': 'a drawing' }),
        shown({ 'image/svg+xml': `${SVG}<!-- \ud800 -->`, 'text/plain': 'half a pair' }),
        shown({ 'image/png': `AAAA" onerror="${RUN}` }),
        shown({ 'text/markdown': `<img src=x onerror="${RUN}"> [l](javascript:${RUN})` }),
        shown({ 'application/vnd.jupyter.widget-view+json': { model_id: 'x' }, 'text/plain': 'IntSlider(value=3)' }),
        shown({ 'application/vnd.plotly.v1+json': { data: [] }, 'text/html': `<script>${RUN}</script>` }),
        shown({ 'text/latex': '\\href{javascript:alert(1)}{x}' }),
        stdout(`\u001b]8;;javascript:${RUN}\u001b\\link\u001b]8;;\u001b\\ <script>${RUN}</script>\n`),
        failed('Evil', '<b>', [`\u001b[31m<img src=x onerror="${RUN}">\u001b[0m`]),
        shown({ [`text/<img src=x onerror="${RUN}">`]: 'odd', __proto__x: '1' }),
      ],
    },
  ];
  const reason = `<img src=x onerror="${RUN}">`;
  await putSnapshot(cellkeep, {
    path,
    cells,
    runIds: [runId],
    kernel: { sessionId, lastOrder: 0, findings: [{ cellId: 'size', kind: 'stale', reason, orders: [], names: [] }] },
  });

  const check = await watchForScripts(page);
  const asked: Request[] = [];
  page.on('request', (request) => asked.push(request));
  await page.setViewportSize({ width: 1360, height: 820 });
  await openPage(page, cellkeep, `/runs/${runId}/notebook`);
  const feed = page.getByRole('feed', { name: 'Cells of the notebook' });
  const tools = page.getByRole('button', { name: 'Ran on' });
  const isOnTop = () =>
    tools.evaluate((button) => {
      const { x, y, width, height } = button.getBoundingClientRect();
      return button.contains(document.elementFromPoint(x + width / 2, y + height / 2));
    });

  for (const [i, name] of Object.keys(HTML).entries()) {
    const cell = feed.getByRole('article', { name: `cell [${i}]`, exact: true });
    await cell.scrollIntoViewIfNeeded();
    await expect(cell.getByRole('group', { name: 'HTML' })).toContainText(name);
    await expect(
      cell
        .locator('.ck-outs')
        .locator('script, style, link, meta, base, iframe, object, embed, form, input, [onclick], [onload], [onerror], [style*="fixed"]'),
    ).toHaveCount(0);
    await expect(cell.locator('.ck-out-html').locator('[class], [id], [name]')).toHaveCount(0);
    await expect(cell.locator('.ck-out-html a:not([href^="https://"])')).toHaveCount(0);
    expect(await isOnTop(), name).toBe(true);
    const box = await cell.locator('.ck-out').boundingBox();
    expect(box!.width, name).toBeLessThan(1_360);
    expect(box!.height, name).toBeLessThan(700);
    await check();
  }
  await expect(feed.getByText('JavaScript, which is never run here').first()).toBeAttached();

  // with its own styles, in a frame without rights
  for (const name of ['styles', 'drawing', 'size'] as const) {
    const i = Object.keys(HTML).indexOf(name);
    const cell = feed.getByRole('article', { name: `cell [${i}]`, exact: true });
    await cell.scrollIntoViewIfNeeded();
    const styled = cell.getByRole('button', { name: 'Show it with its own styles' });
    if ((await styled.count()) === 0) continue;
    await styled.click();
    const frame = cell.locator('iframe');
    await expect(frame).toHaveAttribute('sandbox', '');
    await expect(frame.contentFrame().locator('body')).toContainText(name);
    expect(await isOnTop(), `${name} in its frame`).toBe(true);
    await check();
  }

  const rest = feed.getByRole('article', { name: 'cell [99]' });
  await rest.scrollIntoViewIfNeeded();
  await expect(rest).toContainText('JavaScript, never run here');
  await expect(rest.getByRole('img', { name: 'a drawing' })).toHaveAttribute('src', /^data:image\/svg\+xml/);
  await expect(rest.getByRole('img', { name: 'half a pair' })).toHaveAttribute('src', /^data:image\/svg\+xml.*%EF%BF%BD/);
  await expect(rest).toContainText('that cannot be shown: it is damaged');
  await expect(rest).toContainText('Widget, not shown');
  await expect(rest).toContainText('drawn by a program, which is never run here');
  await expect(rest).toContainText('LaTeX, as it was written');
  await expect(rest.locator('[data-type="stream"]')).toContainText('link <script>');
  await page.getByRole('button', { name: '1 ran, then deleted' }).click();
  await expect(page.getByRole('region', { name: 'Ran, then deleted' }).getByRole('group', { name: 'HTML' })).toContainText('script');
  await check();
  expect(await page.evaluate(() => document.title)).toContain('Cellkeep');
  // Of what the page's own policy holds back the browser tells at times, as of a request that failed for it: it never left.
  const left = () =>
    asked
      .filter((request) => !/^csp$|BLOCKED_BY_CSP/.test(request.failure()?.errorText ?? ''))
      .map((request) => request.url())
      .filter((url) => !url.startsWith(cellkeep.url) && !/^(data|blob|about):/.test(url));
  await expect.poll(left).toEqual([]);
});

test('what breaks an output, or a whole view, leaves the page around it', async ({ page, cellkeep }) => {
  const path = 'work/breaking.ipynb';
  const { sessionId, runId } = await ranCells(cellkeep, {
    path,
    run: { name: 'breaking', experimentName: 'hostile outputs' },
    executions: [{ cellId: 'after', source: '2' }],
  });
  const cells: MadeCell[] = [
    { id: 'breaking', source: '1', executionCount: 1, outputs: [shown({ 'text/html': '<p>breaks the parser</p>' }), stdout('beside it')] },
    { id: 'after', source: '2', executionCount: 2, outputs: [shown({ 'text/html': '<p>below it</p>' })] },
  ];
  await putSnapshot(cellkeep, { path, cells, runIds: [runId], kernel: { sessionId, lastOrder: 0 } });
  await page.addInitScript(() => {
    const { parseFromString } = DOMParser.prototype;
    DOMParser.prototype.parseFromString = function (source, type) {
      if (String(source).includes('breaks the parser')) throw new RangeError('more than a parser can take');
      return parseFromString.call(this, source, type);
    };
  });
  const code = /\/assets\/NotebookTab[^/]*\.js$/;
  await page.route(code, (route) => route.abort());
  await openPage(page, cellkeep, `/runs/${runId}/notebook`);
  await expect(page.getByRole('alert')).toContainText('The code of this view could not be loaded');
  await expect(page.getByRole('tab', { name: 'Notebook' })).toBeVisible();
  await page.unroute(code);
  await page.reload();

  const feed = page.getByRole('feed', { name: 'Cells of the notebook' });
  const broken = feed.getByRole('article', { name: 'cell [1]' });
  await expect(broken).toContainText('This output cannot be shown: more than a parser can take');
  await expect(broken.getByRole('link', { name: 'Download it' })).toHaveAttribute('href', /\/api\/v1\/parts\/[0-9a-f]{64}$/);
  await expect(broken).toContainText('beside it');
  await expect(feed.getByRole('article', { name: 'cell [2]' })).toContainText('below it');
});
