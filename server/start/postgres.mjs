// The server stops its Postgres with itself; one that was killed leaves it running, for the next server to go on with. When the launcher
// ends there is no next server, so it ends that Postgres too.
import { existsSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { identify, stopProcess } from './processes.mjs';

/** @param {string} home */
export async function stopLeftPostgres(home) {
  const link = join(home, 'postgres');
  if (!existsSync(link)) return;
  const data = realpathSync(link); // as root it may lie elsewhere, where nobody reaches it
  const pid = postmasterOf(data);
  const identity = pid && runsIn(pid, data) ? identify(pid) : null;
  if (identity) await stopProcess(identity, { signal: 'SIGINT', patience: 15_000 }); // its fast shutdown: all is written first
}

/** @param {string} data */
function postmasterOf(data) {
  try {
    return Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0]);
  } catch {
    return null;
  }
}

/** @param {number} pid @param {string} folder */
function runsIn(pid, folder) {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === folder;
  } catch {
    return false;
  }
}
