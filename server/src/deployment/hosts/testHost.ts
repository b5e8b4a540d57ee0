/**
 * A program that stands where hosts are started: it says the same rows of `hosts`, answers with its releases, and can be told to misbehave,
 * by the description of its endpoint (while it starts) or by a request. It needs a tenth of a second where a real one loads its models.
 */
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const postgres = fileURLToPath(new URL('../../../../node_modules/postgres/src/index.js', import.meta.url));

const SOURCE = `#!${process.execPath}
import { createInterface } from 'node:readline';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import postgres from ${JSON.stringify(postgres)};
process.stdout.on('error', () => {});
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const task = JSON.parse((await lines.next()).value);
const url = new URL(task.databaseUrl);
const folder = url.searchParams.get('host');
url.searchParams.delete('host');
const sql = postgres(url.href, { max: 1, ...(folder ? { host: folder, port: Number(url.port) } : {}), onnotice: () => {} });
const { hostId, endpointId } = task;
let [loaded, refused, generation, state] = [[], {}, 0, 'starting'];
let [open, releases] = [0, []];
const read = async () => {
  const [endpoint] = await sql\`select description, generation, door_secret as secret from endpoints where id = \${endpointId}\`;
  releases = await sql\`select id, number, role, weight, version from releases where endpoint_id = \${endpointId} and role not in ('retired', 'failed') order by number\`;
  for (const { id, version } of releases) {
    if (endpoint.description.includes('crash on ' + version) && !loaded.includes(id)) { process.stderr.write('out of luck\\n'); process.exit(3); }
    if (endpoint.description.includes('refuse ' + version)) refused[id] = 'it has no legs';
    else if (!loaded.includes(id) && !endpoint.description.includes('slow ' + version)) loaded.push(id);
  }
  loaded = loaded.filter((id) => releases.some((release) => release.id === id));
  generation = Number(endpoint.generation);
  return endpoint;
};
const say = () => sql\`update hosts set state = \${state}, loaded = \${sql.json(loaded)}, refused = \${sql.json(refused)}, generation = \${generation},
  seen_at = clock_timestamp(), rss_bytes = \${process.memoryUsage().rss} where id = \${hostId}\`;
let asked = false;
const server = createServer(async (request, response) => {
  open += 1;
  asked ||= !request.url.startsWith('/v2/health');
  const body = [];
  request.on('data', (chunk) => body.push(chunk));
  await new Promise((resolve) => request.once('end', resolve));
  const text = Buffer.concat(body).toString();
  const { url: path, method, headers } = request;
  if (path.includes('crash')) { process.stderr.write('Segmentation fault, as it were\\n'); process.kill(process.pid, 'SIGSEGV'); return; }
  const folder = /only-first=(.*)/.exec(path)?.[1];
  if (folder) try { mkdirSync(folder); process.kill(process.pid, 'SIGKILL'); return; } catch { /* the first one has ended by it */ }
  if (path.includes('loop')) for (;;);
  if (path.includes('deaf')) server.close();
  if (path.includes('memory')) { globalThis.kept = Buffer.alloc(400 * 1024 * 1024, 1); }
  const wait = Number(/wait=(\\d+)/.exec(path)?.[1] ?? 0);
  if (wait) await new Promise((resolve) => setTimeout(resolve, wait));
  const share = Math.random();
  let left = share;
  const taking = releases.filter(({ role, weight }) => (role === 'live' || role === 'canary') && weight > 0);
  const chosen = taking.find(({ weight }) => (left -= weight) < 0) ?? taking[0];
  const answer = { method, path, headers, text, number: chosen?.number ?? null, pid: process.pid, env: Object.keys(process.env).sort(), args: process.argv.slice(2) };
  response.setHeader('content-type', 'application/json');
  response.setHeader('set-cookie', 'cellkeep_session=stolen');
  response.setHeader('content-security-policy', "default-src *");
  response.setHeader('location', 'https://elsewhere');
  response.setHeader('x-cellkeep-prediction-id', 'p1');
  if (state === 'draining') response.setHeader('connection', 'close');
  if (path.includes('half')) { response.write('half '); setTimeout(() => process.kill(process.pid, 'SIGKILL'), 50); return; }
  if (path.includes('stream')) { response.write('one '); await new Promise((resolve) => setTimeout(resolve, 300)); response.end('two'); }
  else response.end(JSON.stringify(answer));
  open -= 1;
});
let ending = false;
const end = async () => {
  if (ending) return;
  ending = true;
  state = 'draining';
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const sweep = setInterval(() => server.closeIdleConnections(), 20);
  await closed;
  clearInterval(sweep);
  await sql.end({ timeout: 1 }).catch(() => {});
  process.exit(0);
};
process.on('SIGTERM', end);
let first = await read();
while (first.description.includes('hold')) {
  await new Promise((resolve) => setTimeout(resolve, 50));
  first = await read();
}
if (first.description.includes('never')) { process.stderr.write('I will not\\n'); process.exit(1); }
await new Promise((resolve) => server.listen({ port: task.port, host: task.host, reusePort: true }, resolve));
state = 'ready';
await say();
await sql.listen('cellkeep_endpoint', (id) => { if (id === endpointId) read().then(say).catch(() => {}); });
setInterval(() => {
  if (ending) return;
  const last = asked ? sql\`update endpoints set last_request_at = clock_timestamp() where id = \${endpointId}\` : null;
  asked = false;
  Promise.all([read().then(say), last]).catch(() => {});
}, 200);
`;

/** @returns the program's path, for CELLKEEP_ENDPOINT_PROGRAM */
export function testHost(): string {
  const file = join(mkdtempSync(join(tmpdir(), 'cellkeep-host-')), 'host.mjs');
  writeFileSync(file, SOURCE);
  chmodSync(file, 0o755);
  return file;
}
