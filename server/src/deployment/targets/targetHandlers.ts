/** Operations of what runs elsewhere. */
import { os } from '../implementer.ts';
import { kserveManifest } from './kserve.ts';
import { requirePacked } from './packedRelease.ts';
import { deleteRayDeployment, listRayDeployments, putRayDeployment, type RayTargets } from './rayDeployments.ts';

export function targetHandlers(targets: RayTargets) {
  return {
    rayDeployments: {
      put: os.rayDeployments.put.handler(({ context, input }) => putRayDeployment(context, targets, input)),
      list: os.rayDeployments.list.handler(async ({ context, input: { endpoint } }) => ({
        deployments: await listRayDeployments(context, targets, endpoint),
      })),
      delete: os.rayDeployments.delete.handler(async ({ context, input: { id } }) => ({
        deleted: await deleteRayDeployment(context, targets, id),
      })),
    },
    manifests: {
      kserve: os.manifests.kserve.handler(async ({ context, input: { id, image, namespace } }) => ({
        manifest: kserveManifest(await requirePacked(context, id, 'id'), image, namespace),
      })),
    },
  };
}
