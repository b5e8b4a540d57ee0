// The form of docker/: what one file names, the other has. (No container engine runs here; test/wheels runs what the images install.)
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkout } from './launcher.ts';

interface Compose {
  services: Record<string, { build?: { target: string; dockerfile: string }; volumes?: string[]; depends_on?: Record<string, unknown> }>;
  volumes: Record<string, unknown>;
}

const dockerfile = readFileSync(join(checkout, 'docker/Dockerfile'), 'utf8');
const compose: Compose = JSON.parse(
  execFileSync(
    join(checkout, '.venv/bin/python'),
    ['-c', 'import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)', join(checkout, 'docker/compose.yaml')],
    {
      encoding: 'utf8',
    },
  ),
);
const services = Object.values(compose.services);

test('each image that compose builds is a stage of the Dockerfile', () => {
  const stages = [...dockerfile.matchAll(/^FROM \S+ AS (\S+)$/gm)].map(([, stage]) => stage);
  for (const { build } of services) if (build) expect(stages).toContain(build.target);
  expect(stages).toEqual(['build', 'server', 'hub']);
});

test('each service waits for services that there are, and mounts volumes that there are', () => {
  for (const { depends_on = {}, volumes = [] } of services) {
    expect(Object.keys(compose.services)).toEqual(expect.arrayContaining(Object.keys(depends_on)));
    expect(Object.keys(compose.volumes)).toEqual(expect.arrayContaining(volumes.map((volume) => volume.split(':')[0])));
  }
});

test('what the Dockerfile copies from the checkout is there', () => {
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(\S+) \S+$/gm)].map(([, path]) => path ?? '');
  expect(copied.length).toBeGreaterThan(2);
  for (const path of copied) expect(existsSync(join(checkout, path)), path).toBe(true);
});

test('the settings of JupyterHub are Python', () => {
  execFileSync(join(checkout, '.venv/bin/python'), [
    '-c',
    'import ast, sys; ast.parse(open(sys.argv[1]).read())',
    join(checkout, 'docker/jupyterhub_config.py'),
  ]);
});
