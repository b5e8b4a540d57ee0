/**
 * TensorFlow.js, where somebody has installed it: 150 MB and more are too much for everybody who serves no model of it. The fastest that
 * loads is taken, and which one that is is told.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ModelFailure } from '../model.ts';

/** What is used of the package. */
export interface Tfjs {
  version?: { tfjs?: string };
  io: { fromMemory: (artifacts: object) => unknown };
  loadLayersModel: (from: unknown) => Promise<TfjsModel>;
  loadGraphModel: (from: unknown) => Promise<TfjsModel>;
  tensor: (values: unknown, shape: number[], dtype: string) => TfjsTensor;
  setBackend: (name: string) => Promise<boolean>;
  getBackend: () => string;
  ready: () => Promise<void>;
}

export interface TfjsTensor {
  shape: number[];
  dtype: string;
  data: () => Promise<ArrayLike<number | string>>;
  dispose: () => void;
}

export interface TfjsModel {
  inputs: { name: string; shape: (number | null)[] | undefined; dtype: string | undefined }[];
  outputs: { name: string }[];
  predict: (given: TfjsTensor | TfjsTensor[] | Record<string, TfjsTensor>) => TfjsTensor | TfjsTensor[] | Record<string, TfjsTensor>;
  dispose: () => void;
}

const PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node', '@tensorflow/tfjs'];
const WASM = '@tensorflow/tfjs-backend-wasm';

export interface FoundTfjs {
  tf: Tfjs;
  /** "@tensorflow/tfjs 4.22.0, backend wasm" */
  told: string;
}

/** @param home folder below which it may be installed, beside where Node looks anyway */
export async function findTfjs(home: string): Promise<FoundTfjs> {
  const own = join(home, 'tfjs');
  const places = [createRequire(join(own, 'package.json')), createRequire(import.meta.url)];
  const problems: string[] = [];
  for (const name of PACKAGES) {
    for (const place of places) {
      const path = resolved(place, name);
      if (path === null) continue;
      try {
        const tf = await load(path);
        if (name === '@tensorflow/tfjs') await tryWasm(tf, place);
        await tf.ready();
        return { tf, told: `${name} ${tf.version?.tfjs ?? ''}, backend ${tf.getBackend()}` };
      } catch (error) {
        problems.push(`${name}: ${(error as Error).message.split('\n')[0]}`);
      }
    }
  }
  const why = problems.length > 0 ? ` (${problems.join('; ')})` : '';
  throw new ModelFailure(
    `this model needs TensorFlow.js, which is not installed here${why}: npm install --prefix ${own} @tensorflow/tfjs-node, ` +
      `or @tensorflow/tfjs with ${WASM} where that does not install`,
  );
}

function resolved(place: NodeJS.Require, name: string): string | null {
  try {
    return place.resolve(name);
  } catch {
    return null; // not there, or not for Node
  }
}

async function load(path: string): Promise<Tfjs> {
  const module = (await import(pathToFileURL(path).href)) as { default?: Tfjs } & Tfjs;
  return typeof module.loadLayersModel === 'function' ? module : (module.default as Tfjs);
}

/** Some ten times as fast as JavaScript alone, and without an installer of its own. */
async function tryWasm(tf: Tfjs, place: NodeJS.Require): Promise<void> {
  const path = resolved(place, WASM);
  if (path === null) return;
  await import(pathToFileURL(path).href);
  if (!(await tf.setBackend('wasm').catch(() => false))) await tf.setBackend('cpu');
}
