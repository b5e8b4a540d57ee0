/**
 * How an endpoint is asked, in each of its protocols, with the example's values. The address is the server's; the token stands in the
 * environment of whoever runs it, so that no page holds one.
 */
import type { Endpoint } from '@cellkeep/schema/deployment';
import type { Column, Signature } from '@cellkeep/schema/registry';
import type { PastedRows } from '../tryit/readRows.ts';

export interface Snippet {
  id: string;
  label: string;
  language: 'shell' | 'python';
  code: string;
  /** What has to be there before. */
  needs?: string;
}

export interface Asked {
  endpoint: Pick<Endpoint, 'name' | 'url' | 'settings'>;
  signature: Signature | null;
  example: PastedRows | null;
  /** Of the release that answers most. */
  modelName?: string;
}

const TOKEN = 'CELLKEEP_ENDPOINT_TOKEN';

/** One row of named values: the example's, or what training saw. */
function sampleRow({ signature, example }: Asked): Record<string, unknown> {
  if (example?.data[0]) return Object.fromEntries(example.columns.map((name, i) => [name, example.data[0]?.[i] ?? null]));
  return Object.fromEntries((signature?.inputs ?? []).map((column) => [column.name, sampleValue(column)]));
}

function sampleValue({ type, categories, min }: Column): unknown {
  if (categories?.[0] !== undefined) return categories[0];
  if (type === 'boolean') return false;
  return type === 'string' ? 'text' : type === 'datetime' ? '2026-01-31T12:00:00Z' : (min ?? 0);
}

/** In single quotes of a shell: each quote of the text closes them, stands alone, and opens them again. */
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
/** JSON is Python but for three words; they are never inside of a string here, because strings are told apart first. */
const python = (value: unknown): string =>
  JSON.stringify(value, null, 1)
    .replace(/\n\s*/g, ' ')
    .replace(/"(?:[^"\\]|\\.)*"|\b(?:true|false|null)\b/g, (word) => ({ true: 'True', false: 'False', null: 'None' })[word] ?? word);

function curl({ endpoint }: Asked, path: string, body: unknown): string {
  const auth = endpoint.settings.access === 'open' ? '' : ` \\\n  -H "Authorization: Bearer $${TOKEN}"`;
  return `curl ${endpoint.url}${path}${auth} \\\n  -H 'Content-Type: application/json' \\\n  -d ${quoted(JSON.stringify(body))}\n`;
}

const headersOf = ({ endpoint }: Asked) =>
  endpoint.settings.access === 'open' ? '' : `headers = {"Authorization": f"Bearer {os.environ['${TOKEN}']}"}\n`;
const withHeaders = ({ endpoint }: Asked) => (endpoint.settings.access === 'open' ? '' : ', headers=headers');
const imports = (asked: Asked, ...names: string[]) =>
  [...(asked.endpoint.settings.access === 'open' ? [] : ['os']), ...names]
    .sort()
    .map((name) => `import ${name}\n`)
    .join('');

function bodyOf(asked: Asked): unknown {
  const row = sampleRow(asked);
  return asked.signature?.layout === 'tensor' ? { inputs: [Object.values(row)[0]] } : { dataframe_records: [row] };
}

function requests(asked: Asked): string {
  return `${imports(asked, 'requests')}
${headersOf(asked)}answer = requests.post(
    "${asked.endpoint.url}/predict"${withHeaders(asked)},
    json=[${python(sampleRow(asked))}],
)
answer.raise_for_status()
print(answer.json()["predictions"], answer.json()["predictionId"])
`;
}

/** The next version, from the notebook that fits it; what comes back can be asked. */
function cellkeep({ endpoint, modelName = endpoint.name }: Asked): string {
  const at = modelName === endpoint.name ? '' : `, endpoint=${JSON.stringify(endpoint.name)}`;
  return `import cellkeep

deployed = cellkeep.deploy(model, name=${JSON.stringify(modelName)}${at}, example=X[:5])
deployed.predict(X[:5])
`;
}

const V2_TYPES: Record<string, string> = {
  boolean: 'BOOL',
  integer: 'INT64',
  float: 'FP32',
  double: 'FP64',
  string: 'BYTES',
  datetime: 'BYTES',
  binary: 'BYTES',
};

function inferBody(asked: Asked): unknown {
  const row = sampleRow(asked);
  return {
    inputs: (asked.signature?.inputs ?? []).map(({ name, type, shape }) => ({
      name,
      shape: [1, ...(shape ?? [1]).map((size) => Math.max(size, 1))],
      datatype: V2_TYPES[type] ?? 'BYTES',
      data: [row[name] ?? null].flat(8),
    })),
  };
}

function arrow(asked: Asked): string {
  return `${imports(asked, 'pyarrow as pa', 'requests')}
table = pa.Table.from_pylist([${python(sampleRow(asked))}])
sink = pa.BufferOutputStream()
with pa.ipc.new_stream(sink, table.schema) as writer:
    writer.write_table(table)
headers = {"Content-Type": "application/vnd.apache.arrow.stream"}
${asked.endpoint.settings.access === 'open' ? '' : `headers["Authorization"] = f"Bearer {os.environ['${TOKEN}']}"\n`}answer = requests.post("${asked.endpoint.url}/predict", headers=headers, data=sink.getvalue().to_pybytes())
answer.raise_for_status()
print(pa.ipc.open_stream(answer.content).read_all().to_pandas())
`;
}

export function sidebarSnippets(asked: Asked): Snippet[] {
  return [
    { id: 'curl', label: 'curl', language: 'shell', code: curl(asked, '/predict', sampleRow(asked)) },
    { id: 'python', label: 'Python', language: 'python', code: requests(asked) },
    { id: 'cellkeep', label: 'cellkeep', language: 'python', code: cellkeep(asked) },
  ];
}

/** Each protocol that the endpoint speaks. */
export function allSnippets(asked: Asked): Snippet[] {
  const [plain, python_, ours] = sidebarSnippets(asked);
  const infer: Snippet = {
    id: 'v2',
    label: 'Open Inference v2',
    language: 'shell',
    code: curl(asked, `/v2/models/${asked.endpoint.name}/infer`, inferBody(asked)),
  };
  const mlflow: Snippet = { id: 'mlflow', label: 'MLflow', language: 'shell', code: curl(asked, '/invocations', bodyOf(asked)) };
  const table: Snippet = { id: 'arrow', label: 'Arrow', language: 'python', code: arrow(asked), needs: 'pyarrow' };
  const all = [plain && { ...plain, id: 'rows', label: 'Rows' }, mlflow, infer, table, python_, ours].filter((one) => one !== undefined);
  // A column of nested lists says more in JSON than as a table.
  return asked.signature?.layout === 'tensor' ? all.filter(({ id }) => id !== 'arrow') : all;
}
