/** The pages of this room. */
import { whenShown } from '../look/whenShown.tsx';

export const ModelsPage = whenShown(
  () => import('./ModelsPage.tsx'),
  () => 'models',
);
export const ModelPage = whenShown(
  () => import('./ModelPage.tsx'),
  ({ name }) => name,
);
export const VersionPage = whenShown(
  () => import('./VersionPage.tsx'),
  ({ name, version }) => `${name} ${version}`,
);
export const CompareVersionsPage = whenShown(
  () => import('./CompareVersionsPage.tsx'),
  ({ name, a, b }) => `${name} ${a} ${b}`,
);
