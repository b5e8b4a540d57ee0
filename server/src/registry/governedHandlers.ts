/** Operations of versions in full, and of what a team agrees on about them. */
import { putBundle, readBundle } from './bundle/bundles.ts';
import { os } from './implementer.ts';

export function governedHandlers() {
  return {
    bundles: {
      get: os.bundles.get.handler(({ context, input: { id } }) => readBundle(context, id)),
      put: os.bundles.put.handler(({ context, input }) => putBundle(context, input)),
    },
  };
}
