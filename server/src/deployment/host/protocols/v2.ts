/**
 * The Open Inference Protocol, version 2, over REST (open-inference-protocol, inference_rest.yaml) with the binary tensor extension of
 * Triton (extension_binary_data.md): health, metadata, infer. Each input of the signature is a tensor [rows] (or [rows, 1], or [rows, …shape]); one tensor [rows, columns]
 * of any other name stands for all inputs in their order.
 */
import type { Column } from '@cellkeep/schema/registry';
import type { Reply } from '../http/reply.ts';
import type { ColumnValues } from '../model.ts';
import { badRequest } from '../refusal.ts';
import { BEYOND, isBeyond } from '../rows/beyond.ts';
import type { ColumnReader } from '../rows/columnReader.ts';
import { jsonOfBody, jsonOfText, textOfBody } from '../rows/json.ts';
import type { Table } from '../rows/table.ts';
import { isObject, type Json } from '../rows/tables.ts';
import type { ServedRelease } from '../served.ts';
import type { Answered, Protocol } from './protocol.ts';
import { bytesOfTensor, DATATYPES, type Datatype, datatypeOf, tensorOfBytes } from './v2Tensors.ts';
import { valueText } from './values.ts';

export const v2Protocol: Protocol = {
  name: 'v2',
  shape: 'v2',
  read(head, body, release) {
    const given = head.headers.get('inference-header-content-length');
    const { json, binary } = given === undefined ? { json: jsonOfBody(body), binary: null } : parts(given, body);
    if (!isObject(json)) throw badRequest('', 'the body must be an object with `inputs`');
    const tensors = readInputs(json.inputs, binary);
    const wanted = readOutputs(json, release);
    const id = typeof json.id === 'string' ? json.id : null;
    return { table: tableOfTensors(tensors, release), reply: (answered) => reply(answered, wanted, id) };
  },
};

function parts(given: string, body: Buffer): { json: Json; binary: Buffer } {
  const length = Number(given);
  if (!/^\d{1,12}$/.test(given) || length > body.length)
    throw badRequest('inference-header-content-length', `is ${given}, and must be a number of bytes within the body's ${body.length}`);
  return { json: jsonOfText(textOfBody(body.subarray(0, length))), binary: body.subarray(length) };
}

interface Tensor {
  name: string;
  shape: number[];
  /** One after another, in the order of the shape. */
  values: ArrayLike<unknown>;
}

const MOST_DIMENSIONS = 10;

function readInputs(inputs: Json | undefined, binary: Buffer | null): Tensor[] {
  if (!Array.isArray(inputs) || inputs.length === 0) throw badRequest('inputs', 'must be a list with a tensor for each input');
  let at = 0;
  const tensors = inputs.map((input, i): Tensor => {
    const field = `inputs[${i}]`;
    if (!isObject(input)) throw badRequest(field, 'must be an object');
    const { name, shape, datatype, data, parameters } = input;
    if (typeof name !== 'string') throw badRequest(`${field}.name`, 'must be a text');
    if (!DATATYPES.includes(datatype as Datatype)) throw badRequest(`${field}.datatype`, `must be one of ${DATATYPES.join(', ')}`);
    if (
      !Array.isArray(shape) ||
      shape.length > MOST_DIMENSIONS ||
      !shape.every((size) => Number.isSafeInteger(size) && (size as number) >= 0)
    )
      throw badRequest(`${field}.shape`, 'must be a list of sizes');
    const sizes = shape as number[];
    const count = sizes.reduce((product, size) => product * size, 1);
    const bytes = isObject(parameters) ? parameters.binary_data_size : undefined;
    if (bytes === undefined) return { name, shape: sizes, values: flat(data, sizes, count, field) };
    if (binary === null) throw badRequest(`${field}.parameters.binary_data_size`, 'needs the header Inference-Header-Content-Length');
    if (!Number.isSafeInteger(bytes) || (bytes as number) < 0 || at + (bytes as number) > binary.length)
      throw badRequest(`${field}.parameters.binary_data_size`, `is ${bytes}, and ${binary.length - at} bytes are left of the body`);
    const from = at;
    at += bytes as number;
    return { name, shape: sizes, values: tensorOfBytes(binary.subarray(from, at), datatype as Datatype, count, field) };
  });
  if (binary !== null && at !== binary.length) throw badRequest('', `${binary.length - at} bytes follow the last tensor`);
  return tensors;
}

/** Data may be nested as the shape says, or flat. */
function flat(data: Json | undefined, shape: readonly number[], count: number, field: string): ArrayLike<unknown> {
  if (!Array.isArray(data)) throw badRequest(`${field}.data`, 'must be a list');
  const values = shape.length > 1 && Array.isArray(data[0]) ? data.flat(MOST_DIMENSIONS) : data;
  if (values.length !== count) throw badRequest(`${field}.data`, `has ${values.length} values, and [${shape}] has ${count}`);
  const beyond = values.findIndex(isBeyond);
  if (beyond >= 0) throw badRequest(`${field}.data[${beyond}]`, BEYOND);
  return values;
}

function tableOfTensors(tensors: readonly Tensor[], { readers, signature }: ServedRelease): Table {
  const [only] = tensors;
  if (only && tensors.length === 1 && isMatrix(only, readers)) return tableOfMatrix(only, readers);
  const one =
    signature.layout === 'tensor' && tensors.length === 1 && only ? [{ ...only, name: (readers[0] as ColumnReader).name }] : tensors;
  const count = one[0]?.shape[0] ?? 1;
  const places = new Map<string, number>();
  one.forEach(({ name, shape }, i) => {
    if (places.has(name)) throw badRequest(`inputs[${i}].name`, `${JSON.stringify(name)} comes twice`);
    places.set(name, i);
    if ((shape[0] ?? 1) !== count) throw badRequest(`inputs[${i}].shape`, `has ${shape[0]} rows, inputs[0] has ${count}`);
    const width = readers.find((reader) => reader.name === name)?.width;
    const given = shape.slice(1).reduce((product, size) => product * size, 1);
    if (width !== undefined && given !== width)
      throw badRequest(`inputs[${i}].shape`, `is [${shape}], and a row has ${width} value${width === 1 ? '' : 's'}`);
  });
  const of = readers.map(({ name }) => places.get(name));
  return {
    count,
    value(row, column) {
      const place = of[column];
      const { width } = readers[column] as ColumnReader;
      if (place === undefined) return undefined;
      const { values } = one[place] as Tensor;
      return width === 1 && !readers[column]?.column.shape ? values[row] : sliceOf(values, row * width, (row + 1) * width);
    },
    field: (row, column) => `inputs[${of[column] ?? 0}].${(readers[column] as ColumnReader).name}[${row}]`,
    other: (row, name) => {
      const place = places.get(name);
      return place === undefined ? undefined : (one[place] as Tensor).values[row];
    },
    extra: () =>
      one.flatMap(({ name }, i) => (readers.some((reader) => reader.name === name) ? [] : [{ field: `inputs[${i}].name`, name }])),
  };
}

const sliceOf = (values: ArrayLike<unknown>, from: number, to: number): unknown[] =>
  Array.from({ length: to - from }, (_, i) => values[from + i]);

function isMatrix({ name, shape }: Tensor, readers: readonly ColumnReader[]): boolean {
  return shape.length === 2 && readers.length > 1 && shape[1] === readers.length && !readers.some((reader) => reader.name === name);
}

function tableOfMatrix({ shape, values }: Tensor, readers: readonly ColumnReader[]): Table {
  const width = readers.length;
  return {
    count: shape[0] ?? 0,
    value: (row, column) => values[row * width + column],
    field: (row, column) => `inputs[0].data[${row * width + column}] (${(readers[column] as ColumnReader).name})`,
    other: () => undefined,
    extra: () => [],
  };
}

interface WantedOutput {
  name: string;
  /** Of the signature's outputs; -1: the scores. */
  output: number;
  isBinary: boolean;
}

/** The tensor of probabilities beside the signature's outputs. */
export function scoresName({ signature }: Pick<ServedRelease, 'signature'>): string {
  return signature.outputs.some(({ name }) => name === 'scores') ? 'cellkeep_scores' : 'scores';
}

function readOutputs(request: { [key: string]: Json }, release: ServedRelease): WantedOutput[] {
  const all = release.signature.outputs.map(({ name }, output) => ({ name, output }));
  if (release.classes) all.push({ name: scoresName(release), output: -1 });
  const isBinary = isObject(request.parameters) && request.parameters.binary_data_output === true;
  if (request.outputs === undefined) return all.map((one) => ({ ...one, isBinary }));
  if (!Array.isArray(request.outputs)) throw badRequest('outputs', 'must be a list');
  return request.outputs.map((wanted, i) => {
    const found = all.find(({ name }) => isObject(wanted) && wanted.name === name);
    if (!found || !isObject(wanted)) throw badRequest(`outputs[${i}].name`, `must be one of ${all.map(({ name }) => name).join(', ')}`);
    const own = isObject(wanted.parameters) ? wanted.parameters.binary_data : undefined;
    return { ...found, isBinary: typeof own === 'boolean' ? own : isBinary };
  });
}

function reply(answered: Answered, wanted: readonly WantedOutput[], id: string | null): Reply {
  const { release, answers, count } = answered;
  const binaries: Buffer[] = [];
  const outputs = wanted.flatMap(({ name, output, isBinary }) => {
    const isScores = output < 0;
    if (isScores && !answers.scores) return [];
    const column = isScores ? null : (release.signature.outputs[output] as Column);
    const inner = column ? (column.shape ?? []) : [release.classes?.length ?? 0];
    const width = inner.reduce((product, size) => product * size, 1);
    const values = (column ? answers.columns[output] : answers.scores) as ColumnValues;
    const type: Column['type'] = column?.type ?? 'double';
    const head = `"name":${JSON.stringify(name)},"datatype":"${datatypeOf(type)}","shape":${JSON.stringify([count, ...inner])}`;
    const [from, to] = [answered.from * width, (answered.from + count) * width];
    if (isBinary) {
      const bytes = bytesOfTensor(values, from, to, type);
      binaries.push(bytes);
      return [`{${head},"parameters":{"binary_data_size":${bytes.length}}}`];
    }
    const texts = Array.from({ length: to - from }, (_, i) => valueText(values, from + i, type));
    return [`{${head},"data":[${texts.join(',')}]}`];
  });
  const parts = [
    `"model_name":${JSON.stringify(release.record.modelName)},"model_version":"${release.record.version}"`,
    `"id":${JSON.stringify(id ?? answered.predictionId)}`,
    `"parameters":{"prediction_id":"${answered.predictionId}"}`,
    `"outputs":[${outputs.join(',')}]`,
  ];
  const json = `{${parts.join(',')}}`;
  if (binaries.length === 0) return { status: 200, contentType: 'application/json', body: json };
  const text = Buffer.from(json);
  return {
    status: 200,
    contentType: 'application/octet-stream',
    body: Buffer.concat([text, ...binaries]),
    headers: `inference-header-content-length: ${text.length}\r\n`,
  };
}
