/** Where else a release may run: an existing Ray cluster, a container, Kubernetes with KServe. */
import { z } from 'zod';
import { epochMs, uuid } from '../wire/index.ts';

export const rayDeployment = z.object({
  id: uuid,
  endpoint: z.string(),
  releaseId: uuid,
  address: z.string().describe('Of the cluster’s dashboard: http://head:8265.'),
  application: z.string(),
  routePrefix: z.string(),
  status: z.enum(['deploying', 'running', 'unhealthy', 'failed', 'deleted', 'unknown']),
  message: z.string(),
  userName: z.string(),
  createdAt: epochMs,
  checkedAt: epochMs.nullable(),
});
export type RayDeployment = z.infer<typeof rayDeployment>;
