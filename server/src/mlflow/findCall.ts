/** Which call an address means. */
import type { Call } from './call.ts';
import { invalidParameter, MlflowError } from './errors.ts';

export interface Routes {
  /** By method and path below the prefix. */
  exact: Map<string, Call>;
  /** Those with `{parts}`, by the number of the first prefix's parts they share with nobody: few, so they are tried one by one. */
  patterns: { call: Call; parts: string[] }[];
}

export interface FoundCall {
  call: Call;
  parameters: Record<string, string>;
}

export function routesOf(calls: readonly Call[]): Routes {
  const routes: Routes = { exact: new Map(), patterns: [] };
  for (const call of calls) {
    const path = `/${call.version ?? 2}.0/${call.path}`;
    if (path.includes('{')) routes.patterns.push({ call, parts: path.split('/') });
    else routes.exact.set(`${call.method} ${path}`, call);
  }
  return routes;
}

/**
 * @param path below /api or /ajax-api, percent-encoded: "/2.0/mlflow/runs/create"
 * @throws ENDPOINT_NOT_FOUND, also with the status 405 where only the method is another
 */
export function findCall(routes: Routes, given: string, path: string): FoundCall {
  const method = given === 'HEAD' ? 'GET' : given;
  const exact = routes.exact.get(`${method} ${path}`);
  if (exact) return { call: exact, parameters: {} };
  const parts = path.split('/');
  let otherMethod = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].some((other) => routes.exact.has(`${other} ${path}`));
  for (const { call, parts: pattern } of routes.patterns) {
    const parameters = match(pattern, parts);
    if (parameters && call.method === method) return { call, parameters };
    otherMethod ||= parameters !== null;
  }
  const message = otherMethod ? `${path} does not take ${given}.` : `Nothing answers ${given} ${path} here.`;
  throw new MlflowError('ENDPOINT_NOT_FOUND', message, otherMethod ? { status: 405 } : {});
}

function match(pattern: readonly string[], parts: readonly string[]): Record<string, string> | null {
  const parameters: Record<string, string> = {};
  for (const [i, expected] of pattern.entries()) {
    if (expected.startsWith('{...')) {
      parameters[expected.slice(4, -1)] = parts.slice(i).join('/');
      return parts.length > i ? parameters : null;
    }
    const part = parts[i];
    if (part === undefined) return null;
    if (expected.startsWith('{')) {
      if (part === '') return null;
      parameters[expected.slice(1, -1)] = decoded(part);
    } else if (part !== expected) return null;
  }
  return parts.length === pattern.length ? parameters : null;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalidParameter(`${JSON.stringify(part.slice(0, 100))} is no percent-encoded UTF-8.`);
  }
}
