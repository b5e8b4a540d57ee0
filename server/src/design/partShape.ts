/**
 * What a part of kind cell or output must be: nbformat 4.5's shape in the canonical form of schema/src/design/snapshot.ts, so that whatever
 * was stored makes a valid notebook again. Members that nbformat does not know are passed over when one is made.
 */
import type { PartKind } from '@cellkeep/schema/design';
import { failure } from '../core/failure.ts';
import { NoOutline, type Outline, OutlineReader, type Span } from './outline.ts';

export type CellType = 'code' | 'markdown' | 'raw';
export type OutputType = 'stream' | 'display_data' | 'execute_result' | 'error';

/** Judges bytes as they pass. */
export interface ShapeCheck {
  write: (bytes: Uint8Array) => void;
  /** @throws BAD_REQUEST */
  end: () => void;
}

/** @throws BAD_REQUEST from either call, as soon as it can be known */
export function shapeCheck(kind: PartKind, field: string): ShapeCheck {
  if (kind !== 'cell' && kind !== 'output') return { write: () => {}, end: () => {} };
  const reader = new OutlineReader();
  const judging = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      if (error instanceof NoOutline) throw refused(field, `this is no ${kind}: ${error.message}`);
      throw error;
    }
  };
  return {
    write: (bytes) => judging(() => reader.write(bytes)),
    end: () => {
      const outline = judging(() => reader.end());
      const reason = kind === 'cell' ? whyNoCell(outline) : whyNoOutput(outline);
      if (reason) throw refused(field, `this is no ${kind}: ${reason}`);
    },
  };
}

export function cellTypeOf({ members }: Outline): CellType | null {
  const type = members.get('type')?.text;
  return type === 'code' || type === 'markdown' || type === 'raw' ? type : null;
}

export function outputTypeOf({ members }: Outline): OutputType | null {
  const type = members.get('output_type')?.text;
  return type === 'stream' || type === 'display_data' || type === 'execute_result' || type === 'error' ? type : null;
}

/** nbformat lets these be any value; all others are text. */
export const isJsonType = (mime: string) => /^application\/(.*\+)?json$/.test(mime);

export const isText = (span: Span | undefined) => span?.kind === 'string' || (span?.kind === 'array' && span.onlyStrings);

function whyNoCell(outline: Outline): string | null {
  const { members } = outline;
  if (!cellTypeOf(outline)) return 'its `type` is not code, markdown or raw';
  if (!isText(members.get('source'))) return 'its `source` is no text';
  return notObjects(members, ['metadata', 'attachments']);
}

function whyNoOutput(outline: Outline): string | null {
  const { members, data } = outline;
  const type = outputTypeOf(outline);
  if (type === 'stream')
    return isText(members.get('text')) && members.get('name')?.kind === 'string' ? null : 'its `name` or `text` is no text';
  if (type === 'error') {
    const { kind, onlyStrings } = members.get('traceback') ?? {};
    const isWhole = members.get('ename')?.kind === 'string' && members.get('evalue')?.kind === 'string' && kind === 'array' && onlyStrings;
    return isWhole ? null : 'an error has `ename`, `evalue` and `traceback`, a list of text';
  }
  if (!type) return 'its `output_type` is none of nbformat';
  if (members.get('data')?.kind !== 'object') return 'its `data` is no object';
  for (const [mime, span] of data) if (!isText(span) && !isJsonType(mime)) return `its ${JSON.stringify(mime)} is no text`;
  return notObjects(members, ['metadata']);
}

function notObjects(members: Outline['members'], names: string[]): string | null {
  const wrong = names.find((name) => members.has(name) && members.get(name)?.kind !== 'object');
  return wrong === undefined ? null : `its \`${wrong}\` is no object`;
}

function refused(field: string, reason: string) {
  return failure('BAD_REQUEST', { field, reason, remedy: 'send it in the form that schema/src/design/snapshot.ts describes' });
}
