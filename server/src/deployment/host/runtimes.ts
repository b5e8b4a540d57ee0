/** Which runtime asks a model: each is loaded only where a release needs it. */
import type { Runtime } from '@cellkeep/schema/registry';
import type { LoadModel } from './model.ts';

export interface RuntimeOptions {
  /** Interpreter with the package cellkeep; empty: none is known here. */
  python: string;
  /** Python processes of one release in one host. */
  workers: number;
  /** MiB that a worker may take. */
  memoryMiB: number;
  /** Folder for environments and whatever else a runtime keeps between starts. */
  cache: string;
  /** ms that a question may take in a worker, and rows that it is asked at once; absent: 30,000 and 256. */
  deadlineMs?: () => number;
  batchRows?: () => number;
  /** What a worker writes, line by line. */
  say: (line: string, stream: 'out' | 'err' | 'host') => void;
}

/** What the module of a runtime exports: `createPythonRuntime`, `createTfjsRuntime`. */
export type CreateRuntime = (options: RuntimeOptions) => LoadModel;

const RUNTIMES: Record<Runtime, (options: RuntimeOptions) => Promise<LoadModel>> = {
  onnx: async () => (await import('./onnxRuntime.ts')).loadOnnx,
  python: async (options) => (await import('./pythonRuntime.ts')).createPythonRuntime(options),
  tfjs: async (options) => (await import('./tfjsRuntime.ts')).createTfjsRuntime(options),
};

export function createLoadModel(options: RuntimeOptions): LoadModel {
  return async (bundle, folder) => (await RUNTIMES[bundle.runtime](options))(bundle, folder);
}
