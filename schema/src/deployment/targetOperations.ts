import { z } from 'zod';
import { uuid } from '../wire/index.ts';
import { endpointName } from './endpoint.ts';
import { route } from './route.ts';
import { rayDeployment } from './target.ts';

export const targetOperations = {
  rayDeployments: {
    put: route('PUT', '/ray-deployments/{id}', 'Run a release on a Ray cluster, by Ray Serve’s REST API')
      .input(
        z.object({
          id: uuid,
          releaseId: uuid,
          address: z.url({ protocol: /^https?$/ }).max(500),
          replicas: z.number().int().min(1).max(1_000).default(1),
          install: z.boolean().default(true).describe('False: the cluster has the packages that the model needs.'),
        }),
      )
      .output(rayDeployment),
    list: route('GET', '/endpoints/{endpoint}/ray-deployments', 'Where else the releases of an endpoint run')
      .input(z.object({ endpoint: endpointName }))
      .output(z.object({ deployments: z.array(rayDeployment) })),
    delete: route('DELETE', '/ray-deployments/{id}', 'Take it off the cluster')
      .input(z.object({ id: uuid }))
      .output(z.object({ deleted: z.boolean() })),
  },
  manifests: {
    kserve: route('GET', '/releases/{id}/kserve', 'Manifest of an InferenceService for the container of a release')
      .input(
        z.object({
          id: uuid,
          image: z.string().min(1).max(500),
          namespace: z
            .string()
            .max(63)
            .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/)
            .default('default'),
        }),
      )
      .output(z.object({ manifest: z.string().describe('YAML.') })),
  },
};
