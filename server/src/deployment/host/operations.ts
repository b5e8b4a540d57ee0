/** What an address asks for. */
import { VERSION } from '../../core/version.ts';
import type { Head } from './http/head.ts';
import type { Reply } from './http/reply.ts';
import { openApiOf, type PageContext } from './openApi.ts';
import { pageFile } from './page/pageFiles.ts';
import { arrowProtocol, isArrow } from './protocols/arrow.ts';
import { invocationsProtocol } from './protocols/invocations.ts';
import { mediaTypeOf, type Protocol } from './protocols/protocol.ts';
import { rowsProtocol } from './protocols/rows.ts';
import { v2Protocol } from './protocols/v2.ts';
import { modelMetadata, serverMetadata } from './protocols/v2Metadata.ts';
import { Refusal, type RefusalShape } from './refusal.ts';
import type { ServedRelease } from './served.ts';

/** `open`: for anybody; `page`: for whoever may ask; `predict`: goes to a model. */
export type Operation =
  | { kind: 'open' | 'page'; shape: RefusalShape; answer: (context: PageContext) => Reply }
  | { kind: 'predict'; shape: RefusalShape; protocol: Protocol; release: ServedRelease | null };

type Find = (head: Head, context: PageContext | { releases: readonly ServedRelease[]; name: string }) => Operation;

const json = (body: unknown, status = 200): Reply => ({ status, contentType: 'application/json', body: JSON.stringify(body) });

const open =
  (answer: (context: PageContext) => Reply, shape: RefusalShape = 'common') =>
  (): Operation => ({ kind: 'open', shape, answer });
const page =
  (answer: (context: PageContext) => Reply, shape: RefusalShape = 'common') =>
  (): Operation => ({ kind: 'page', shape, answer });
const predict = (protocol: Protocol, release: ServedRelease | null = null): Operation => ({
  kind: 'predict',
  shape: protocol.shape,
  protocol,
  release,
});
/** Arrow instead of JSON, where the body says so. */
const predictRows: Find = (head) => predict(isArrow(mediaTypeOf(head)) ? arrowProtocol : rowsProtocol);

const ping = ({ isReady }: PageContext): Reply => ({ status: isReady ? 200 : 503, contentType: 'application/json', body: '\n' });

/** Hosts write no feedback: what was predicted is in the database. */
const feedback = ({ name }: PageContext): Reply => {
  const remedy = `send it through the server, to /endpoints/${name}/feedback`;
  throw new Refusal('NOT_FOUND', { field: '', reason: 'the endpoint’s own address takes no feedback', remedy });
};

const ADDRESSES: Record<string, { GET?: Find; POST?: Find }> = {
  '/': { GET: open(() => pageFile('page.html')), POST: predictRows },
  '/predict': { POST: predictRows },
  '/invocations': { POST: () => predict(invocationsProtocol) },
  '/page.js': { GET: open(() => pageFile('page.js')) },
  '/page.css': { GET: open(() => pageFile('page.css')) },
  '/openapi.json': { GET: page((context) => json(openApiOf(context))) },
  '/feedback': { POST: open(feedback) },
  '/ping': { GET: open(ping) },
  '/health': { GET: open(ping) },
  '/version': { GET: open(() => ({ status: 200, contentType: 'application/json', body: VERSION })) },
  '/v2': { GET: open(() => json(serverMetadata()), 'v2') },
  '/v2/health/live': { GET: open(() => json({ live: true }), 'v2') },
  '/v2/health/ready': { GET: open(({ isReady }) => json({ ready: isReady }, isReady ? 200 : 503), 'v2') },
};

const MODEL = /^\/v2\/models\/([^/]+)(?:\/versions\/([^/]+))?(\/ready|\/infer)?$/;

/** @throws Refusal where nothing answers there */
export const findOperation: Find = (head, context) => {
  const path = head.path.length > 1 && head.path.endsWith('/') ? head.path.slice(0, -1) : head.path;
  const method = head.method === 'HEAD' ? 'GET' : head.method;
  const methods = Object.hasOwn(ADDRESSES, path) ? ADDRESSES[path] : undefined;
  const of = MODEL.exec(path);
  const found = methods?.[method as 'GET'] ?? (of ? ofModel(of, method) : undefined);
  if (found) return found(head, context);
  const shape: RefusalShape = path.startsWith('/v2') ? 'v2' : path === '/invocations' ? 'mlflow' : 'common';
  const takes = methods ? Object.keys(methods).join(', ') : of?.[3] === '/infer' ? 'POST' : of ? 'GET' : null;
  return open(() => {
    if (takes !== null)
      throw new Refusal('METHOD_NOT_ALLOWED', { field: '', reason: `${path} takes ${takes}, not ${head.method.slice(0, 20)}` });
    throw new Refusal('NOT_FOUND', {
      field: '',
      reason: `nothing answers ${head.path.slice(0, 200)}`,
      remedy: 'openapi.json lists what there is',
    });
  }, shape)();
};

function ofModel([, given = '', version, what]: RegExpExecArray, method: string): Find | undefined {
  if (method !== (what === '/infer' ? 'POST' : 'GET')) return undefined;
  return (_head, context) => {
    const name = decoded(given);
    const candidates = context.releases.filter(
      ({ role, record }) => role !== 'starting' && (name === context.name || name === record.modelName),
    );
    const release = version === undefined ? candidates[0] : candidates.find(({ record }) => String(record.version) === version);
    if (!release) {
      return open(() => {
        if (what === '/ready' && version === undefined && name === context.name) return json({ name, ready: false }, 503);
        throw new Refusal('NOT_FOUND', {
          field: '',
          reason: `no model ${name.slice(0, 100)}${version === undefined ? '' : ` version ${version.slice(0, 20)}`}`,
        });
      }, 'v2')();
    }
    if (what === '/infer')
      return predict(v2Protocol, version === undefined && name === context.name ? null : pinned(version, release, candidates));
    if (what === '/ready') return open(() => json({ name, ready: true }), 'v2')();
    const versions = candidates.map(({ record }) => record.version);
    return page((context) => json(modelMetadata(name, version === undefined ? (context.release ?? release) : release, versions)), 'v2')();
  };
}

/** A model's name without a version follows the traffic, where all releases are of that model. */
function pinned(version: string | undefined, release: ServedRelease, candidates: readonly ServedRelease[]): ServedRelease | null {
  if (version !== undefined) return release;
  return candidates.some(({ role }) => role === 'live' || role === 'canary') ? null : release;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
