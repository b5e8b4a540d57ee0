// Ports on 127.0.0.1, settled before anything starts: JupyterLab must know the server's address, and a restart must keep both.
import { createServer } from 'node:net';
import { PlainError } from './progress.mjs';

/**
 * @param {number} port 0 takes a free one
 * @param {string} what would listen there
 * @param {string} option that chooses another
 * @returns {Promise<number>}
 */
export async function settlePort(port, what, option) {
  try {
    return await bindOnce(port);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE')
      throw new PlainError(
        `port ${port} for ${what} is taken by another program: stop that one, or choose another with ${option} N (0 takes a free one)`,
      );
    if (code === 'EACCES') throw new PlainError(`port ${port} for ${what} is reserved for root: choose one from 1024 up with ${option} N`);
    throw error;
  }
}

/** @param {number} port @returns {Promise<number>} */
function bindOnce(port) {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(port, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });
}
