/** Logging this browser in and out, by the server's session route (server/src/http/sessionRoutes.ts), and where to go afterwards. */
import { antiForgery } from '../connection.ts';

export type Credential = { token: string } | { login: string };

export class LoginRefused extends Error {}

const address = () => new URL('api/v1/session', document.baseURI);

/** `keepalive`: who goes on at once is logged in all the same. */
export async function logIn(credential: Credential): Promise<void> {
  const response = await fetch(address(), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(credential),
    keepalive: true,
  });
  if (response.ok) return;
  throw new LoginRefused(reasonOf(await response.json().catch(() => null)) ?? `The server answered ${response.status}.`);
}

export async function logOut(): Promise<void> {
  await fetch(address(), { method: 'DELETE', headers: antiForgery() });
}

/** True or false; null where the server does not answer. */
export async function isLoggedIn(): Promise<boolean | null> {
  try {
    const { ok, status } = await fetch(new URL('api/v1/me', document.baseURI));
    return ok ? true : status === 401 ? false : null;
  } catch {
    return null;
  }
}

/** The reason and remedy of an error's first issue: `{ data: { issues: [{ reason, remedy }] } }`. */
export function reasonOf(body: unknown): string | null {
  const data = field(body, 'data');
  const issues = field(data, 'issues');
  const [first] = Array.isArray(issues) ? (issues as unknown[]) : [];
  const reason = field(first, 'reason');
  const remedy = field(first, 'remedy');
  if (typeof reason !== 'string') return null;
  const sentence = `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`;
  return typeof remedy === 'string' && remedy ? `${sentence} ${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}.` : sentence;
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && name in value ? (value as Record<string, unknown>)[name] : undefined;

const WANTED = 'cellkeep.wanted';

/** Remembers where one wanted to go, for after the login. Only paths of our own: an address could be anybody's. */
export function rememberWanted(path: string): void {
  try {
    sessionStorage.setItem(WANTED, path);
  } catch {
    // Storage is off: after the login one lands on the first page.
  }
}

export function takeWanted(): string {
  try {
    const wanted = sessionStorage.getItem(WANTED) ?? '/';
    sessionStorage.removeItem(WANTED);
    return isOwnPath(wanted) ? wanted : '/';
  } catch {
    return '/';
  }
}

export const isOwnPath = (path: string): boolean => /^\/(?![/\\])/.test(path) && !path.startsWith('/login');
