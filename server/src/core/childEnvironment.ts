import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';

/** What a program that the server starts finds in its environment: what it needs to run at all. The server's own holds secrets. */
const NEEDED = [
  'PATH',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
  'LD_LIBRARY_PATH',
  'CUDA_VISIBLE_DEVICES',
  'CUDA_HOME',
  'NVIDIA_VISIBLE_DEVICES',
  'NVIDIA_DRIVER_CAPABILITIES',
];
/** For what installs packages. */
const TO_INSTALL = [
  'SSL_CERT_FILE',
  'PIP_INDEX_URL',
  'PIP_CONFIG_FILE',
  'UV_INDEX_URL',
  'UV_DEFAULT_INDEX',
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'NO_PROXY',
];

export function childEnvironment({ installs }: { installs: boolean }): Record<string, string> {
  const names = installs ? [...NEEDED, ...TO_INSTALL] : NEEDED;
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

/** For a program of ours on Node: it finds what was compiled before where this process does, and starts in half of the processor time. */
export function compileCache(): { NODE_COMPILE_CACHE?: string } {
  const ofThisVersion = getCompileCacheDir();
  return ofThisVersion === undefined ? {} : { NODE_COMPILE_CACHE: dirname(ofThisVersion) };
}
