/** What the Open Inference Protocol tells of the server and of its models. */
import type { Column } from '@cellkeep/schema/registry';
import { VERSION } from '../../../core/version.ts';
import type { ServedRelease } from '../served.ts';
import { scoresName } from './v2.ts';
import { datatypeOf } from './v2Tensors.ts';

export const serverMetadata = () => ({ name: 'cellkeep', version: VERSION, extensions: ['binary_tensor_data'] });

const tensorOf = ({ name, type, shape }: Column) => ({ name, datatype: datatypeOf(type), shape: [-1, ...(shape ?? [])] });

const PLATFORMS = { onnx: 'onnxruntime_onnx', python: 'python', tfjs: 'tensorflow_tfjs' } as const;

export function modelMetadata(name: string, release: ServedRelease, versions: readonly number[]) {
  const { signature, classes, model } = release;
  const scores = classes ? [{ name: scoresName(release), datatype: 'FP64', shape: [-1, classes.length] }] : [];
  return {
    name,
    versions: versions.map(String),
    platform: PLATFORMS[model.bundle.runtime],
    inputs: signature.inputs.map(tensorOf),
    outputs: [...signature.outputs.map(tensorOf), ...scores],
  };
}
