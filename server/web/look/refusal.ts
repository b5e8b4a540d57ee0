/** What the server says when it refuses something. Apart from the components, for code that shows none. */
import type { Issue } from '@cellkeep/schema/wire';

export function issuesOf(error: unknown): Issue[] {
  const data = typeof error === 'object' && error !== null && 'data' in error ? error.data : null;
  const issues: unknown = typeof data === 'object' && data !== null && 'issues' in data ? data.issues : null;
  // A proxy on the way may have answered in the server's place, with anything.
  return Array.isArray(issues) ? issues.filter((issue): issue is Issue => typeof issue === 'object' && issue !== null) : [];
}

/** Of each field what is wrong and what to do. */
export const reasonsOf = (error: unknown): string[] =>
  issuesOf(error)
    .map(({ reason, remedy }) => [reason, remedy].filter(Boolean).join(' – '))
    .filter((line) => line !== '');

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
