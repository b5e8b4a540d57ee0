/**
 * As whom Postgres runs, and where it can read and write. Postgres refuses to run as root; as root we run it as `nobody`, who must be
 * able to read the programs and to own the data folder, wherever checkout and home lie.
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { codeOf, PlainError } from './plainError.ts';

export interface User {
  uid: number;
  gid: number;
}

/** Root's own folder for what nobody must reach and cannot reach where it belongs. */
const SHARED = '/var/lib/cellkeep';

/** Null where Postgres can run as whoever we are. */
export function postgresUser(): User | null {
  if (process.getuid?.() !== 0) return null;
  const line = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'));
  return line ? { uid: Number(line[1]), gid: Number(line[2]) } : { uid: 65_534, gid: 65_534 };
}

/** Whether the user may pass through this folder and all above it. Looks at modes, not at access lists. */
export function canPass(path: string, user: User): boolean {
  for (let folder = realpathSync(path); ; folder = dirname(folder)) {
    const stat = statSync(folder);
    const bit = stat.uid === user.uid ? 0o100 : stat.gid === user.gid ? 0o010 : 0o001;
    if ((stat.mode & bit) === 0) return false;
    if (folder === '/') return true;
  }
}

/** The folder of Postgres programs that the user can run: the package's own, or a copy where that is out of reach. */
export function reachablePrograms(native: string, user: User | null): string {
  const bin = join(native, 'bin');
  if (!user || (canPass(bin, user) && (statSync(join(bin, 'postgres')).mode & 0o005) === 0o005)) return native;
  const version = createHash('sha256')
    .update(readFileSync(join(native, '../package.json')))
    .update(native)
    .digest('hex');
  const copy = join(SHARED, `programs-${version.slice(0, 16)}`);
  if (existsSync(copy)) return copy;
  const half = `${copy}.${process.pid}`;
  try {
    mkdirSync(SHARED, { recursive: true, mode: 0o755 });
    cpSync(native, half, { recursive: true, verbatimSymlinks: true });
    for (const entry of ['', ...readdirSync(half, { recursive: true, encoding: 'utf8' })]) {
      const stat = lstatSync(join(half, entry));
      if (!stat.isSymbolicLink()) chmodSync(join(half, entry), stat.isDirectory() || stat.mode & 0o100 ? 0o755 : 0o644);
    }
    renameSync(half, copy);
  } catch (error) {
    rmSync(half, { recursive: true, force: true });
    if (existsSync(copy)) return copy; // another start was quicker
    throw new PlainError(
      `Postgres does not run as root, and the user nobody cannot reach ${bin} (a copy in ${SHARED} failed: ${codeOf(error)}): install where everybody can read, or set DATABASE_URL`,
    );
  }
  return copy;
}

/**
 * The folder of the database: `<home>/postgres`, or what that links to. Makes the link where nobody cannot reach the home, so that every
 * later start finds the same data. The folder itself need not be there yet.
 */
export function dataFolder(home: string, user: User | null): string {
  const own = join(home, 'postgres');
  if (existsSync(own)) return realpathSync(own);
  if (!user) return own;
  if (!canPass(home, user)) letPass(home);
  if (canPass(home, user)) return own;
  const elsewhere = join(SHARED, `postgres-${createHash('sha256').update(home).digest('hex').slice(0, 16)}`);
  mkdirSync(SHARED, { recursive: true, mode: 0o755 });
  rmSync(own, { force: true }); // a link whose target is gone
  symlinkSync(elsewhere, own);
  return elsewhere;
}

/** Others may pass through our own home folder (not list it); what must be private in it has its own mode. */
function letPass(home: string): void {
  const stat = statSync(home);
  if (stat.uid === process.getuid?.() && home !== realpathSync(homedir())) chmodSync(home, (stat.mode & 0o7777) | 0o001);
}

/** Who must run Postgres on this data: whoever owns it. */
export function ownerOf(data: string, user: User | null): User | null {
  const { uid, gid } = statSync(data);
  if (user) {
    if (uid !== 0) return { uid, gid };
    chownSync(data, user.uid, user.gid);
    return user;
  }
  if (uid !== process.getuid?.()) {
    throw new PlainError(
      `${data} belongs to user ${uid}, who started Cellkeep here first: start as that user or as root, or choose another --home`,
    );
  }
  return null;
}
