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
