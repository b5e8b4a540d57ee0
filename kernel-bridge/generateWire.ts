/**
 * `node kernel-bridge/generateWire.ts` writes src/cellkeep/wire.py from the contract; with `--print` it only prints it, which is how
 * tests/test_wire.py finds drift. The OpenAPI document is not enough here: its ingest records are `unknown`, since the server
 * judges them one by one.
 */
import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { token, user } from '../schema/src/access/index.ts';
import {
  cellEntry,
  checkpoint,
  checkpointInput,
  difference,
  environment,
  errorInfo,
  execution,
  executionInput,
  finding,
  flow,
  keptVariable,
  kernelRecord,
  need,
  notebook,
  notebookDocument,
  openedFile,
  part,
  seed,
  sessionInput,
  snapshot,
  snapshotInput,
  snapshotSummary,
  tolerances,
  touch,
  verdict,
  verdictFindings,
  verdictProgress,
  verifyOptions,
  verifySchedule,
} from '../schema/src/design/index.ts';
import {
  artifact,
  experiment,
  git,
  history,
  ingestOutput,
  ingestRecord,
  metricSummary,
  run,
  runCreate,
  runSource,
  runUpdate,
  seriesPoints,
  upload,
  uploadPart,
} from '../schema/src/tracking/index.ts';
import { issue, limits } from '../schema/src/wire/index.ts';

interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  additionalProperties?: JsonSchema | boolean;
  description?: string;
}

/** What a client writes (fields with a default may be left out), and what it reads. */
const written = {
  Git: git,
  RunSource: runSource,
  ErrorInfo: errorInfo,
  SeriesPoints: seriesPoints,
  SessionInput: sessionInput,
  Need: need,
  Touch: touch,
  Flow: flow,
  ExecutionInput: executionInput,
  Part: part,
  Environment: environment,
  CellEntry: cellEntry,
  NotebookDocument: notebookDocument,
  OpenedFile: openedFile,
  Seed: seed,
  Finding: finding,
  KernelRecord: kernelRecord,
  SnapshotInput: snapshotInput,
  KeptVariable: keptVariable,
  CheckpointInput: checkpointInput,
  RunCreate: runCreate,
  RunUpdate: runUpdate,
};
const read = {
  StoredGit: git,
  StoredError: errorInfo,
  Issue: issue,
  IngestOutput: ingestOutput,
  MetricSummary: metricSummary,
  StoredRun: run,
  StoredExecution: execution,
  SnapshotSummary: snapshotSummary,
  StoredSnapshot: snapshot,
  Tolerances: tolerances,
  VerifyOptions: verifyOptions,
  Difference: difference,
  VerdictProgress: verdictProgress,
  VerdictFindings: verdictFindings,
  Verdict: verdict,
  VerifySchedule: verifySchedule,
  StoredCheckpoint: checkpoint,
  Experiment: experiment,
  Artifact: artifact,
  UploadPart: uploadPart,
  Upload: upload,
  History: history,
  Notebook: notebook,
  User: user,
  Token: token,
};

function pythonType(schema: JsonSchema): string {
  if (schema.$ref) return schema.$ref.replace(/.*\//, '');
  if (schema.const !== undefined) return `Literal[${JSON.stringify(schema.const)}]`;
  if (schema.enum) return `Literal[${schema.enum.map((word) => JSON.stringify(word)).join(', ')}]`;
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return [...new Set(choices.map(pythonType))].join(' | ');
  if (schema.type === 'array') return `list[${pythonType(schema.items ?? {})}]`;
  if (schema.type === 'object') {
    const values = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {};
    return `dict[str, ${pythonType(values)}]`;
  }
  if (Array.isArray(schema.type)) return schema.type.map((type) => pythonType({ ...schema, type })).join(' | ');
  const plain: Record<string, string> = { string: 'str', integer: 'int', number: 'float', boolean: 'bool', null: 'None' };
  return plain[schema.type ?? ''] ?? 'object';
}

function typedDict(name: string, schema: JsonSchema): string {
  const required = new Set(schema.required ?? []);
  const fields = Object.entries(schema.properties ?? {}).map(([key, value]) => {
    const type = pythonType(value);
    return `    ${key}: ${required.has(key) ? type : `NotRequired[${type}]`}\n`;
  });
  return `class ${name}(TypedDict):\n    """${schema.description ?? `\`\`${name}\`\` of the contract.`}"""\n\n${fields.join('')}`;
}

/** Named schemas refer to each other by name; anonymous objects in them are given one of their own. */
function classes(named: Record<string, z.ZodType>, io: 'input' | 'output'): string[] {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { io, uri: (id) => id, unrepresentable: 'any' }) as { schemas: Record<string, JsonSchema> };
  return Object.keys(named).flatMap((name) => {
    const schema = structuredClone(schemas[name] ?? {});
    const inner: string[] = [];
    for (const [key, value] of Object.entries(schema.properties ?? {})) {
      const at = value.items?.properties ? value.items : value;
      if (!at.properties) continue;
      const innerName = `${name}${key.charAt(0).toUpperCase()}${key.slice(1)}`;
      inner.push(typedDict(innerName, at));
      if (schema.properties)
        schema.properties[key] = value.items?.properties ? { type: 'array', items: { $ref: innerName } } : { $ref: innerName };
    }
    return [...inner, typedDict(name, schema)];
  });
}

/** One class for each kind of ingest record, and the union of them. */
function records(): string[] {
  const names: string[] = [];
  const named: Record<string, z.ZodType> = {};
  for (const option of ingestRecord.options) {
    const type = [...option.shape.type.values][0] ?? '';
    const name = `${type.replace(/(^|\.)(\w)/g, (_all, _dot, letter: string) => letter.toUpperCase())}Record`;
    names.push(name);
    named[name] = option;
  }
  // `run.create` requires the id: its run is RunCreate with one field more, which Python need not tell apart.
  const code = classes({ ...written, ...named }, 'input')
    .filter((text) => !text.startsWith('class RunCreateRecordRun('))
    .map((text) => text.replace('RunCreateRecordRun', 'RunCreate'));
  return [...code, `IngestRecord: TypeAlias = (\n    ${names.join('\n    | ')}\n)\n`];
}

const limitLines = Object.entries(limits).map(([name, value]) => {
  const python = name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
  return `${python}_LIMIT = ${value.toLocaleString('en-US').replaceAll(',', '_')}\n`;
});
const text = `"""The contract's words for Python: written by \`\`node kernel-bridge/generateWire.ts\`\`, never by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from typing_extensions import NotRequired, TypeAlias

${limitLines.join('')}

${[...records(), ...classes(read, 'output')].join('\n\n')}`;

if (process.argv.includes('--print')) process.stdout.write(text);
else writeFileSync(new URL('src/cellkeep/wire.py', import.meta.url), text);
