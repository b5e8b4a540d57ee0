/** The page of an endpoint: files without a word of the endpoint in them, so that nothing needs to be escaped. page.js reads openapi.json. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Reply } from '../http/reply.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const TYPES = { 'page.html': 'text/html', 'page.js': 'text/javascript', 'page.css': 'text/css' } as const;
/** Like the server's own pages (http/securityHeaders.ts), without what this page does not need. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";
const HEADERS = `content-security-policy: ${POLICY}\r\nreferrer-policy: no-referrer\r\ncross-origin-opener-policy: same-origin\r\ncross-origin-resource-policy: same-origin\r\n`;

const texts = new Map<string, string>();

export function pageFile(name: keyof typeof TYPES): Reply {
  let body = texts.get(name);
  if (body === undefined) {
    body = readFileSync(`${FOLDER}/${name}`, 'utf8');
    texts.set(name, body);
  }
  return { status: 200, contentType: `${TYPES[name]}; charset=utf-8`, body, headers: HEADERS };
}
