import { expect, test } from 'vitest';
import { renderMarkdown } from './Markdown.tsx';

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
