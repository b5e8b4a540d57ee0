import type { RunSource } from '@cellkeep/schema/tracking';

/** Page of a commit at the places whose addresses are known to be made this way; null for any other remote. */
export function commitUrl(git: NonNullable<RunSource['git']>): string | null {
  if (!/^[0-9a-f]{7,64}$/i.test(git.commit)) return null;
  const found = /^(?:https:\/\/|ssh:\/\/git@|git@)([\w.-]+)(?::\d+)?[/:]([\w./~-]+?)(?:\.git)?\/?$/.exec(git.remote.trim());
  const [, host, path] = found ?? [];
  if (!host || !path || path.split('/').includes('..')) return null;
  if (host === 'bitbucket.org') return `https://${host}/${path}/commits/${git.commit}`;
  if (host.includes('gitlab')) return `https://${host}/${path}/-/commit/${git.commit}`;
  if (host.includes('github') || host === 'codeberg.org') return `https://${host}/${path}/commit/${git.commit}`;
  return null;
}
