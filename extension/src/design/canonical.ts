/**
 * The bytes of a part, as text: a cell or an output of a notebook, written so that the kernel and the editor write equal things equally.
 * The rule stands at the top of schema/src/design/snapshot.ts, its cases in test/fixtures/parts.json, which the kernel's side reads too.
 */
import type { PartKind } from '@cellkeep/schema/design';

type Json = unknown;
type JsonObject = Readonly<Record<string, Json>>;

/** @param value a cell or an output of nbformat 4; it is not changed */
export function partText(kind: PartKind, value: JsonObject): string {
  return canonicalJson(kind === 'cell' ? cellPart(value) : outputPart(value));
}

/** Attachments are there also where a cell can have none, so that a cell that was turned into another type differs in its type alone. */
function cellPart(cell: JsonObject): JsonObject {
  const { trusted: _, ...metadata } = objectOf(cell.metadata); // whether this person trusts it is not of the notebook
  const attachments = Object.entries(objectOf(cell.attachments)).map(([name, bundle]) => [name, joinBundle(bundle)] as const);
  return { attachments: Object.fromEntries(attachments), metadata, source: joinLines(cell.source ?? ''), type: cell.cell_type };
}

function outputPart(output: JsonObject): JsonObject {
  const { execution_count: _, transient: __, ...rest } = output;
  const part: Record<string, Json> = rest;
  if ('text' in part) part.text = joinLines(part.text);
  if (output.output_type === 'display_data' || output.output_type === 'execute_result') {
    part.data = joinBundle(part.data);
    part.metadata = objectOf(part.metadata);
  }
  return part;
}

/** In a file a long string may be a list of its lines; not where it is data, in which a list is a list. */
function joinBundle(bundle: Json): JsonObject {
  return Object.fromEntries(Object.entries(objectOf(bundle)).map(([type, data]) => [type, isJson(type) ? data : joinLines(data)]));
}

const isJson = (type: string) => type === 'application/json' || type.endsWith('+json');

function joinLines(value: Json): Json {
  return Array.isArray(value) && value.every((line) => typeof line === 'string') ? value.join('') : value;
}

export const objectOf = (value: Json): JsonObject => (typeof value === 'object' && value !== null ? (value as JsonObject) : {});

/** JSON with sorted keys, no spaces, and nothing escaped that need not be. What JSON does not know is left out, as JSON.stringify does. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const object = value as JsonObject;
  const keys = Object.keys(object)
    .filter((key) => object[key] !== undefined)
    .sort(byCodePoint);
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(object[key])}`).join(',')}}`;
}

/** The order of UTF-8 bytes, which is Python's. JavaScript's own would put surrogates, and with them all of U+10000 and above, too early. */
export function byCodePoint(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index++) {
    const [one, other] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (one !== other) return aboveSurrogates(one) - aboveSurrogates(other);
  }
  return a.length - b.length;
}

const aboveSurrogates = (unit: number) => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);
