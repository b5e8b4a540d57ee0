import type { Release } from '@cellkeep/schema/deployment';
import { type RunStyle, SLOTS, styleOf } from '../look/runColour.ts';

/** A release keeps its colour: in the split, on the curves, on the time line. Neighbours in time are never alike. */
export const releaseStyle = ({ number }: Pick<Release, 'number'>): RunStyle => styleOf((number - 1) % SLOTS);

/** `late-flights v4`; the model's name only where several serve. */
export function releaseName(
  { modelName, version }: Pick<Release, 'modelName' | 'version'>,
  releases: readonly Pick<Release, 'modelName'>[] = [],
): string {
  return releases.every((other) => other.modelName === modelName) ? `v${version}` : `${modelName} v${version}`;
}
