/**
 * Features that a host looks up by the key of an entity, so that a client need not send what the server knows better. The feature store
 * fills it; a release without one takes its inputs from the request alone.
 */
import { Refusal } from './refusal.ts';
import type { ColumnReader } from './rows/columnReader.ts';
import type { Table } from './rows/table.ts';

export interface LookupFeatures {
  /** Names that identify an entity: values of a request that may be there beside the model's inputs. */
  keys: readonly string[];
  /** Inputs of the model that it knows. */
  features: readonly string[];
  /**
   * Values of `features` for each entity, all of a request at once; undefined where it knows none, which then is missing.
   * @param entities values of `keys`, one list a row
   */
  find: (entities: unknown[][], signal: AbortSignal) => Promise<unknown[][]>;
}

/** Which release has one. */
export type LookupOf = (release: { id: string; loggedModelId: string }) => LookupFeatures | null;

/** No release has one. */
export const noLookup: LookupOf = () => null;

/**
 * The same rows with what they lack looked up; what a request says itself goes before.
 * @throws Refusal where a row that needs it has no key
 */
export async function withFeatures(
  table: Table,
  readers: readonly ColumnReader[],
  lookup: LookupFeatures,
  signal: AbortSignal,
): Promise<Table> {
  const places = readers.map(({ name }) => lookup.features.indexOf(name));
  const lacks = (row: number) => places.some((place, c) => place >= 0 && table.value(row, c) === undefined);
  const rows = Array.from({ length: table.count }, (_, row) => row).filter(lacks);
  if (rows.length === 0) return table;
  const entities = rows.map((row) => lookup.keys.map((key) => keyOf(table, row, key)));
  const found = await lookup.find(entities, signal).catch((cause: unknown) => {
    const reason = `features of ${lookup.keys.join(', ')} cannot be looked up now`;
    throw new Refusal('SERVICE_UNAVAILABLE', { field: '', reason, remedy: 'send it again in a moment' }, { retryAfter: 1, cause });
  });
  const byRow = new Map(rows.map((row, i) => [row, found[i]]));
  return {
    ...table,
    value(row, column) {
      const own = table.value(row, column);
      return own === undefined ? byRow.get(row)?.[places[column] as number] : own;
    },
  };
}

function keyOf(table: Table, row: number, key: string): unknown {
  const value = table.other(row, key);
  if (value !== undefined && value !== null) return value;
  const field = table.field(row, 0).replace(/[^.]*$/, key);
  throw new Refusal('BAD_REQUEST', {
    field,
    reason: 'is missing: the features of this row are looked up by it',
    remedy: `send ${key}, or every input of the model`,
  });
}
