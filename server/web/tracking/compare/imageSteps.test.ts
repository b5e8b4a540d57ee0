import type { Artifact } from '@cellkeep/schema/tracking';
import { describe, expect, test } from 'vitest';
import { imageAt, imageSeries, stepOf } from './imageSteps.ts';

const [ONE, TWO] = ['1'.repeat(32), '2'.repeat(32)];
const picture = (path: string, runId = ONE, createdAt = 0) =>
  ({ path, runId, createdAt, kind: 'file', mediaType: 'image/png', size: 1 }) as Artifact;

test.each([
  // mlflow 3.17.2, client.py, log_image
  ['images/val~grid+step+10+timestamp+1700000000000+7c3f.png', 'val/grid', 10],
  ['images/val~grid+step+10+timestamp+1700000000000+7c3f+compressed.webp', 'val/grid', 10],
  ['images/dog%step%3%timestamp%1700000000000%7c3f.png', 'dog', 3],
  ['samples/step_10.png', 'samples', 10],
  ['samples/step-0010.png', 'samples', 10],
  ['epoch_3/grid.png', 'grid', 3],
  ['attention.step=7.head.png', 'attention.head', 7],
  ['name_000010.png', 'name', 10],
  ['plots/grid12.png', 'plots/grid', 12],
])('%s is %s at step %i', (path, key, step) => expect(stepOf(path)).toMatchObject({ key, step }));

test.each(['roc.png', 'plots/confusion.png', '10.png', '2024/roc.png'])('%s says no step', (path) => expect(stepOf(path)).toBeNull());

describe('series', () => {
  test('of several runs, with the steps of all; one lonely picture is none', () => {
    const [series, ...others] = imageSeries([
      picture('s/step_20.png'),
      picture('s/step_3.png'),
      picture('s/step_7.png', TWO),
      picture('x/step_1.png'),
      picture('roc.png'),
    ]);
    expect(others).toEqual([]);
    expect(series).toMatchObject({ key: 's', steps: [3, 7, 20] });
    expect(series!.byRun.get(ONE)!.map(({ step }) => step)).toEqual([3, 20]);
  });

  test('the picture is shown, not the small copy that MLflow keeps beside it', () => {
    const name = (step: number) => `images/a+step+${step}+timestamp+1+x`;
    const [series] = imageSeries([picture(`${name(1)}.png`), picture(`${name(1)}+compressed.webp`), picture(`${name(2)}+compressed.webp`)]);
    expect(series!.byRun.get(ONE)!.map(({ artifact }) => artifact.path)).toEqual([`${name(1)}.png`, `${name(2)}+compressed.webp`]);
  });

  test('of two at one step the later one counts', () => {
    const [series] = imageSeries([picture('a/step_1.png', ONE, 5), picture('a/step_01.png', ONE, 9), picture('a/step_2.png', ONE, 1)]);
    expect(series!.byRun.get(ONE)![0]!.artifact.path).toBe('a/step_01.png');
  });

  test('at a step stands the last picture until then', () => {
    const images = [
      { step: 3, artifact: picture('a') },
      { step: 9, artifact: picture('b') },
    ];
    expect([2, 3, 8, 9, 99].map((step) => imageAt(images, step)?.step ?? null)).toEqual([null, 3, 3, 9, 9]);
  });
});
