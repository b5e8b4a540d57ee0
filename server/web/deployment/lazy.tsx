/** The pages of this room. */
import { whenShown } from '../look/whenShown.tsx';

export const EndpointsPage = whenShown(
  () => import('./EndpointsPage.tsx'),
  () => 'endpoints',
);
export const EndpointPage = whenShown(
  () => import('./EndpointPage.tsx'),
  ({ name }) => name,
);
export const PredictionPage = whenShown(
  () => import('./predictions/PredictionPage.tsx'),
  ({ id }) => id,
);
export const PromotionPage = whenShown(
  () => import('./promote/PromotionPage.tsx'),
  ({ id }) => id,
);
