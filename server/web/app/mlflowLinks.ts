/**
 * Addresses that MLflow's client prints after a run ("View run … at: http://server/#/experiments/0/runs/7f3c…"), as ours.
 * @param hash of the page, with its "#"
 * @returns a path below the base; null where it is no such address
 */
export function pathOfMlflowLink(hash: string): string | null {
  const [, experimentId, runId] = /^#\/experiments\/(\d{1,18})(?:\/runs\/([0-9a-f]{32}))?(?:[/?].*)?$/.exec(hash) ?? [];
  if (runId !== undefined) return `runs/${runId}`;
  return experimentId === undefined ? null : `experiments/${experimentId}`;
}
