/** A program that stands where Python is looked for: it does as the name of its model says, as `cellkeep promote --supervised` would. */
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SOURCE = `#!${process.execPath}
import { createInterface } from 'node:readline';
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { url, token, promotion, modelName, loggedModelId, ...rest } = JSON.parse((await lines.next()).value);
process.stdin.on('end', () => process.kill(-process.pid, 'SIGKILL'));
const call = async (method, path, body) => {
  const headers = { authorization: 'Bearer ' + token, 'content-type': 'application/json' };
  const answer = await fetch(url + '/api/v1' + path, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
};
const tell = (body) => call('PATCH', '/promotions/' + promotion, { id: promotion, ...body });
if (modelName.startsWith('crash')) { process.stderr.write('a warning\\nout of memory'); process.exit(1); }
if (modelName.startsWith('hang')) {
  await tell({ steps: [{ step: 'export', status: 'running', text: String(process.pid) }] });
  await new Promise(() => setInterval(() => {}, 1000));
}
if (modelName.startsWith('differs')) {
  await tell({ status: 'failed', error: 'the export answers otherwise', steps: [{ step: 'check', status: 'failed', text: '3 of 5 rows' }] });
  process.exit(0);
}
const holdsToken = JSON.stringify([process.env, process.argv]).includes(token);
await tell({ steps: [{ step: 'export', status: 'done', text: JSON.stringify({ args: process.argv.slice(2), holdsToken, ...rest }).slice(0, 1000) }] });
await call('PUT', '/logged-models/' + loggedModelId + '/bundle', { id: loggedModelId, bundle: JSON.parse(process.env.NO_BUNDLE ?? BUNDLE) });
await call('POST', '/models', { name: modelName }).catch(() => {});
const { version } = await call('POST', '/models/' + encodeURIComponent(modelName) + '/versions', { name: modelName, loggedModelId });
await tell({ version, loggedModelId, steps: [{ step: 'register', status: 'done', text: 'version ' + version }] });
await call('POST', '/promotions/' + promotion + '/serve', { id: promotion });
process.exit(0);
`;

export function testPromoter(bundle: unknown): string {
  const file = join(mkdtempSync(join(tmpdir(), 'cellkeep-promoter-')), 'python.mjs');
  writeFileSync(file, SOURCE.replace('process.env.NO_BUNDLE ?? BUNDLE', JSON.stringify(JSON.stringify(bundle))));
  chmodSync(file, 0o755);
  return file;
}
