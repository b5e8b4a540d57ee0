/**
 * What MLflow's scoring server takes at `/invocations` (3.17, mlflow/pyfunc/scoring_server): dataframe_split, dataframe_records, inputs and
 * instances, with `params`, and CSV; answers and errors have its shapes. It drops columns that the model does not know, and so does this.
 */
import type { Reply } from '../http/reply.ts';
import { badRequest, Refusal } from '../refusal.ts';
import type { ColumnReader } from '../rows/columnReader.ts';
import { tableOfCsv } from '../rows/csv.ts';
import { jsonOfBody, textOfBody } from '../rows/json.ts';
import type { Table } from '../rows/table.ts';
import { isObject, type Json, ofJson, tableOfColumns, tableOfRecords, tableOfSplit } from '../rows/tables.ts';
import type { ServedRelease } from '../served.ts';
import { type Answered, mediaTypeOf, type Protocol } from './protocol.ts';
import { outputText } from './values.ts';

const FORMATS = ['dataframe_split', 'dataframe_records', 'instances', 'inputs'] as const;
type Format = (typeof FORMATS)[number];
const CONTENT_TYPES = "['text/csv', 'application/json']";

export const invocationsProtocol: Protocol = {
  name: 'invocations',
  shape: 'mlflow',
  read(head, body, release) {
    const type = mediaTypeOf(head);
    const parameters = (head.headers.get('content-type') ?? '').split(';').slice(1);
    for (const parameter of parameters) {
      const [key = '', value = ''] = parameter.trim().split('=');
      if (key.toLowerCase() !== 'charset') throw unsupported(`Unrecognized content type parameters: ${key}`);
      if (value.replaceAll('"', '').toLowerCase() !== 'utf-8') throw unsupported('The scoring server only supports UTF-8');
    }
    if (type === 'text/csv') return { table: tableOfCsv(textOfBody(body), release.readers), mayHaveExtra: true, reply };
    if (type !== 'application/json')
      throw unsupported(
        `This predictor only supports the following content types: Types: ${CONTENT_TYPES}. Got '${head.headers.get('content-type') ?? ''}'.`,
      );
    return { table: ofJson(tableOf(jsonOfBody(body), release)), mayHaveExtra: true, reply };
  },
};

const unsupported = (reason: string) => new Refusal('UNSUPPORTED_MEDIA_TYPE', { field: '', reason });

/** @param body parsed; `params` is taken and has no effect, since no model here has any */
function tableOf(body: Json, release: ServedRelease): Table {
  const wanted = `The input must be a JSON dictionary with exactly one of the input fields {${FORMATS.map((name) => `'${name}'`).join(', ')}}`;
  if (!isObject(body)) throw badRequest('', `${wanted}. Received a ${Array.isArray(body) ? 'list' : typeof body}.`);
  const given = FORMATS.filter((name) => Object.hasOwn(body, name));
  const [format] = given;
  if (format === undefined || given.length > 1)
    throw badRequest('', `${wanted}. Received dictionary with input fields: [${Object.keys(body).slice(0, 10).join(', ')}].`);
  return READERS[format](body[format] as Json, release);
}

const READERS: Record<Format, (data: Json, release: ServedRelease) => Table> = {
  dataframe_split(data, { readers }) {
    const name = 'dataframe_split';
    if (!isObject(data)) throw badRequest(name, 'must be an object with `data`, and with `columns` where they have names');
    const extra = Object.keys(data).find((key) => !['columns', 'data', 'index'].includes(key));
    if (extra !== undefined || data.data === undefined)
      throw badRequest(name, `must have 'data' field and optionally 'columns' and 'index' fields. Got {${Object.keys(data).join(', ')}}.`);
    return tableOfSplit(data.columns, data.data, readers, { names: `${name}.columns`, data: `${name}.data` });
  },
  dataframe_records(data, { readers }) {
    if (!Array.isArray(data)) throw badRequest('dataframe_records', 'must be a list of records');
    return tableOfRecords(data, readers, 'dataframe_records');
  },
  instances: (data, release) => ofTensors(data, release, 'instances'),
  inputs: (data, release) => ofTensors(data, release, 'inputs'),
};

/** Rows as objects, columns as an object, or an array: of rows with all values, or of the values of the only column. */
function ofTensors(data: Json, { readers }: ServedRelease, name: 'instances' | 'inputs'): Table {
  if (isObject(data)) return ofColumns(data, readers, name);
  if (!Array.isArray(data)) throw badRequest(name, 'must be a list or an object');
  if (isObject(data[0])) return tableOfRecords(data, readers, name);
  if (readers.length !== 1) return tableOfSplit(undefined, data, readers, { names: name, data: name });
  // Of one column both [[1], [2]] and [1, 2] are written.
  const isWrapped = readers[0]?.column.shape === null && data.every((row) => Array.isArray(row) && row.length === 1);
  const values = isWrapped ? data.map((row) => (row as Json[])[0]) : data;
  return tableOfColumns(new Map([[(readers[0] as ColumnReader).name, values]]), readers, name);
}

function ofColumns(data: { [key: string]: Json }, readers: readonly ColumnReader[], name: string): Table {
  const names = Object.keys(data);
  // {"a": 1, "b": 2} is one row; a tensor of one row looks like many values.
  const isOne = names.every((key) => !Array.isArray(data[key])) && names.length > 0;
  if (isOne) return tableOfRecords([data], readers, name, true);
  const columns = names.map((key): [string, ArrayLike<unknown>] => {
    const values = data[key];
    if (!Array.isArray(values)) throw badRequest(`${name}.${key}`, 'must be a list with a value for each row');
    return [key, values];
  });
  return tableOfColumns(new Map(columns), readers, name);
}

/** As NumPy's arrays are written: one output flat, several beside each other. A pyfunc with several answers a frame: records. */
function reply(answered: Answered): Reply {
  const { answers, count, release } = answered;
  const { outputs } = release.signature;
  const isFrame = answers.columns.length > 1 && ['pyfunc', 'python'].includes(release.model.bundle.framework);
  const rows = Array.from({ length: count }, (_, row) => {
    if (answers.columns.length === 1) return outputText(answered, row, 0);
    const values = answers.columns.map((_, i) => outputText(answered, row, i));
    if (!isFrame) return `[${values.join(',')}]`;
    return `{${values.map((value, i) => `${JSON.stringify(outputs[i]?.name ?? String(i))}:${value}`).join(',')}}`;
  });
  return { status: 200, contentType: 'application/json', body: `{"predictions":[${rows.join(',')}]}` };
}
