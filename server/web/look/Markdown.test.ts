import { expect, test } from 'vitest';
import { renderMarkdown } from './markdownHtml.ts';

test('HTML of a note is shown as text, never taken as HTML', () => {
  const html = renderMarkdown('<img src=x onerror=alert(1)> <script>alert(2)</script>\n\n<b>bold</b>');
  expect(html).not.toMatch(/<(img|script|b)\b/);
  expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;');
});

test.each(['javascript:alert(1)', 'data:text/html,x', 'vbscript:x', ' JaVaScRiPt:alert(1)'])('a link to %s is no link', (url) => {
  expect(renderMarkdown(`[here](${url})`)).not.toContain('<a ');
});

test('a link opens beside and tells nobody where from', () => {
  expect(renderMarkdown('[here](https://example.org)')).toContain(
    '<a href="https://example.org" target="_blank" rel="noopener noreferrer nofollow">here</a>',
  );
});

test('a picture from elsewhere becomes a link: reading a note asks nobody for anything', () => {
  const html = renderMarkdown('![a "quoted" view](https://example.org/x.png)');
  expect(html).not.toContain('<img');
  expect(html).toContain('href="https://example.org/x.png"');
  expect(html).toContain('a &quot;quoted&quot; view');
});

const RUN = '0123456789abcdef'.repeat(2);
const artifactUrl = (runId: string, path: string) => `/files/${runId}/${path}`;

test('a picture of an artifact is shown, from nowhere but the run', () => {
  const html = renderMarkdown(`![a "curve"](artifact:${RUN}/plots/a%20b.png)`, { artifactUrl });
  expect(html).toContain(`<img src="/files/${RUN}/plots/a b.png" alt="a &quot;curve&quot;"`);
});

test.each([
  `artifact:${RUN}/../../session`,
  `artifact:${RUN}/a/%2e%2e/%2e%2e/b`,
  `artifact:${RUN}/`,
  `artifact:${RUN}//x`,
  `artifact:${RUN}/a%5c..%5cb`,
  'artifact:short/x.png',
  '/api/v1/session',
  '//example.org/x.png',
  'data:image/svg+xml,<svg onload=alert(1)>',
])('a picture from %s is not asked for', (address) => {
  expect(renderMarkdown(`![x](<${address}>)`, { artifactUrl })).not.toContain('<img');
});

test('an artifact is linked to where it lies, and nowhere where no server is known', () => {
  expect(renderMarkdown(`[data](artifact:${RUN}/x.csv)`, { artifactUrl })).toContain(`href="/files/${RUN}/x.csv"`);
  expect(renderMarkdown(`[data](artifact:${RUN}/x.csv)`)).toContain('href="#"');
});

test('who is mentioned is marked, with a name of any kind and never as HTML', () => {
  const people = ['ada', '<img src=x onerror=alert(1)>'].map((name) => ({ id: name, name }));
  expect(renderMarkdown('ask **@Ada**, not ada@example', { people })).toContain('<strong><b class="ck-mention">@Ada</b></strong>');
  expect(renderMarkdown('@<img src=x onerror=alert(1)>', { people })).not.toContain('<img');
  expect(renderMarkdown('`@ada`\n\n```\n@ada\n```', { people })).not.toContain('ck-mention');
});
