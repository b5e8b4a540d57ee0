/**
 * Pictures that were logged again and again, found by their names: MLflow's `images/<key>+step+<n>+timestamp+<ms>+<id>.png` (`%` instead
 * of `+` in older clients; a `/` of the key is written `~` or `#`), and what people write: `samples/step_10.png`, `epoch-3/grid.png`,
 * `grid_000010.png`.
 */
import type { Artifact } from '@cellkeep/schema/tracking';
import { previewOf } from '../run/previews.ts';

export interface ImageSeries {
  key: string;
  /** By run, in the order of steps. */
  byRun: ReadonlyMap<string, readonly StepImage[]>;
  /** Of all runs, ascending. */
  steps: number[];
}

export interface StepImage {
  step: number;
  artifact: Artifact;
}

const MLFLOW = /^images\/(.+)([+%])step\2(\d+)\2timestamp\2(\d+)\2([^+%]+?)(?:\2compressed)?\.\w+$/;
const NAMED = /^(.*?)[-_. ]?(?:step|epoch|iter|iteration)s?[-_= ]?(\d{1,12})(?=\D|$)(.*)$/i;
/** Digits at the end of a name, where a word or a sign stands before them. */
const NUMBERED = /^(.*[^\d/])(\d{1,12})(\.\w+)$/;

/** Null where a name says no step. */
export function stepOf(path: string): { key: string; step: number; isSmall: boolean } | null {
  const [, mlflowKey, , mlflowStep] = MLFLOW.exec(path) ?? [];
  if (mlflowKey !== undefined)
    return { key: mlflowKey.replace(/[~#]/g, '/'), step: Number(mlflowStep), isSmall: /[+%]compressed\.\w+$/.test(path) };
  const [, before, step, after] = NAMED.exec(path) ?? [];
  if (before !== undefined) return { key: nameOf(`${before}${(after ?? '').replace(/\.\w+$/, '')}`), step: Number(step), isSmall: false };
  const [, name, digits] = NUMBERED.exec(path) ?? [];
  return name === undefined ? null : { key: nameOf(name), step: Number(digits), isSmall: false };
}

const nameOf = (text: string) => text.replace(/\/{2,}/g, '/').replace(/^[-_. /]+|[-_. /]+$/g, '') || 'images';

/** Series of at least two steps over all runs, or of one step in several runs. */
export function imageSeries(artifacts: readonly Artifact[]): ImageSeries[] {
  const series = new Map<string, Map<string, Map<number, { artifact: Artifact; isSmall: boolean }>>>();
  for (const artifact of artifacts) {
    if (previewOf(artifact) !== 'image') continue;
    const found = stepOf(artifact.path);
    if (!found) continue;
    const byRun = series.get(found.key) ?? new Map<string, Map<number, { artifact: Artifact; isSmall: boolean }>>();
    series.set(found.key, byRun);
    const bySteps = byRun.get(artifact.runId) ?? new Map<number, { artifact: Artifact; isSmall: boolean }>();
    byRun.set(artifact.runId, bySteps);
    const before = bySteps.get(found.step);
    // MLflow keeps a small copy beside each picture; the picture itself is shown. Of two at one step the later one counts.
    const isBetter =
      !before ||
      (before.isSmall && !found.isSmall) ||
      (before.isSmall === found.isSmall && before.artifact.createdAt <= artifact.createdAt);
    if (isBetter) bySteps.set(found.step, { artifact, isSmall: found.isSmall });
  }
  return [...series]
    .map(([key, runs]) => {
      const byRun = new Map(
        [...runs].map(([runId, steps]) => [
          runId,
          [...steps].map(([step, { artifact }]) => ({ step, artifact })).sort((a, b) => a.step - b.step),
        ]),
      );
      const steps = [...new Set([...byRun.values()].flatMap((images) => images.map(({ step }) => step)))].sort((a, b) => a - b);
      return { key, byRun, steps };
    })
    .filter(({ byRun, steps }) => steps.length > 1 || byRun.size > 1)
    .sort((a, b) => a.key.localeCompare(b.key, 'en', { numeric: true }));
}

/** The picture that stood at a step: the last one until then; null where the first came later. */
export function imageAt(images: readonly StepImage[], step: number): StepImage | null {
  let found: StepImage | null = null;
  for (const image of images) if (image.step <= step) found = image;
  return found;
}
