/** The manifest of an InferenceService (KServe, serving.kserve.io/v1beta1) that runs the container of a release. */
import type { PackedRelease } from './packedRelease.ts';

export function kserveManifest({ endpoint, number, modelName, version }: PackedRelease, image: string, namespace: string): string {
  const probe = (path: string, more: object) => ({ httpGet: { path, port: 8080 }, ...more });
  return asYaml({
    apiVersion: 'serving.kserve.io/v1beta1',
    kind: 'InferenceService',
    metadata: {
      name: endpoint,
      namespace,
      annotations: { 'cellkeep/model': modelName, 'cellkeep/version': String(version), 'cellkeep/release': String(number) },
    },
    spec: {
      predictor: {
        minReplicas: 1,
        containers: [
          {
            name: 'kserve-container',
            image,
            // KServe asks a container of one's own by this variable which protocol it speaks.
            env: [
              { name: 'PROTOCOL', value: 'v2' },
              { name: 'PORT', value: '8080' },
            ],
            ports: [{ containerPort: 8080, protocol: 'TCP' }],
            readinessProbe: probe('/v2/health/ready', { periodSeconds: 5, failureThreshold: 3 }),
            livenessProbe: probe('/v2/health/live', { periodSeconds: 10, failureThreshold: 3 }),
            startupProbe: probe('/v2/health/ready', { periodSeconds: 5, failureThreshold: 60 }),
          },
        ],
      },
    },
  });
}

type Value = string | number | boolean | Value[] | { [key: string]: Value };

/** Texts stand in double quotes, in which YAML reads what JSON writes. */
export function asYaml(value: Value, indent = ''): string {
  if (Array.isArray(value)) return value.map((one) => `${indent}- ${asYaml(one, `${indent}  `).trimStart()}`).join('');
  if (typeof value !== 'object') return `${indent}${JSON.stringify(value)}\n`;
  return Object.entries(value)
    .map(([key, inner]) => {
      const name = /^[A-Za-z][\w]*$/.test(key) ? key : JSON.stringify(key);
      return typeof inner === 'object'
        ? `${indent}${name}:\n${asYaml(inner, `${indent}  `)}`
        : `${indent}${name}: ${JSON.stringify(inner)}\n`;
    })
    .join('');
}
