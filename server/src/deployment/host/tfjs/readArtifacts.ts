/** A tfjs model's files: model.json, and the shards of weights that it names. */
import { readFile, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { z } from 'zod';
import { ModelFailure } from '../model.ts';

const modelJson = z.object({
  format: z.string().nullish(),
  modelTopology: z.looseObject({}),
  weightsManifest: z.array(z.object({ paths: z.array(z.string()), weights: z.array(z.looseObject({ name: z.string() })) })).nullish(),
  signature: z.looseObject({}).nullish(),
  userDefinedMetadata: z.looseObject({}).nullish(),
});

export interface TfjsArtifacts {
  isGraph: boolean;
  /** As `tf.io` has them. */
  artifacts: object;
}

/** bytes of all weights */
const MOST_WEIGHTS = 8 * 1024 ** 3;

/** @throws {ModelFailure} a file is missing, lies elsewhere, or is no tfjs model */
export async function readArtifacts(folder: string, file: string): Promise<TfjsArtifacts> {
  const path = join(folder, file);
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw new ModelFailure(`${file} cannot be read: ${cause.message}`, { cause });
  });
  const { modelTopology, weightsManifest, signature, userDefinedMetadata, format } = parse(file, text);
  const beside = dirname(path);
  const shards: Buffer[] = [];
  let size = 0;
  for (const name of (weightsManifest ?? []).flatMap(({ paths }) => paths)) {
    const shard = join(beside, name);
    if (!shard.startsWith(folder.endsWith(sep) ? folder : folder + sep))
      throw new ModelFailure(`${file} names weights outside of the model's folder: ${name}`);
    size += await stat(shard).then(
      (found) => found.size,
      () => {
        throw new ModelFailure(`${file} names weights that are not there: ${name}`);
      },
    );
    if (size > MOST_WEIGHTS) throw new ModelFailure(`the weights have more than ${MOST_WEIGHTS} bytes`);
    shards.push(await readFile(shard));
  }
  const weights = Buffer.concat(shards);
  return {
    isGraph: format === 'graph-model' || 'node' in modelTopology,
    artifacts: {
      ...{ modelTopology, format, signature: signature ?? undefined, userDefinedMetadata: userDefinedMetadata ?? undefined },
      weightSpecs: (weightsManifest ?? []).flatMap((group) => group.weights),
      weightData: weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.length),
    },
  };
}

function parse(file: string, text: string): z.infer<typeof modelJson> {
  try {
    return modelJson.parse(JSON.parse(text));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new ModelFailure(`${file} is no tfjs model: ${reason.slice(0, 500)}`, { cause });
  }
}
