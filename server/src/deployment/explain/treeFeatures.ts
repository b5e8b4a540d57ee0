/** What the trees compare, made of the columns that a caller sends, as the pipeline before them does it. */
import type { ExplainTrees, Signature, TreeFeature } from '@cellkeep/schema/registry';
import type { ColumnValues, Rows } from '../host/model.ts';
import { CannotExplain, type Player, widthOf } from './players.ts';

export interface TreeFeatures {
  /** Player of each feature. */
  players: Int32Array;
  /** One value for each feature of row `index`; missing is NaN. */
  read: (rows: Rows, index: number) => Float64Array;
}

export function treeFeatures(file: ExplainTrees, signature: Signature, players: Player[]): TreeFeatures {
  const columns = new Map(signature.inputs.map((input, column) => [input.name, column]));
  const places = new Map(players.map((player, place) => [`${player.column}:${player.element ?? 0}`, place]));
  const isBoolean = signature.inputs.map(({ type }) => type === 'boolean');
  const made = file.features.map((feature) => {
    const column = columns.get(feature.column);
    if (column === undefined) throw new CannotExplain(`the explain file names a column "${feature.column}", which the model does not take`);
    const element = feature.kind === 'number' ? feature.element : 0;
    const player = places.get(`${column}:${element}`);
    if (player === undefined) throw new CannotExplain(`the explain file names element ${element} of "${feature.column}", which has fewer`);
    return { player, column, element, make: makerOf(feature, isBoolean[column] === true) };
  });
  const round = file.precision === 'float32' ? Math.fround : (value: number) => value;
  return {
    players: Int32Array.from(made, ({ player }) => player),
    read: (rows, index) =>
      Float64Array.from(made, ({ column, element, make }) => {
        const values = rows.columns[column] as ColumnValues;
        return round(make(values[index * widthOf(values, rows.count) + element]));
      }),
  };
}

type Value = number | bigint | string | Uint8Array | null | undefined;
const isMissing = (value: Value): boolean => value === null || value === undefined || Number.isNaN(value);

function makerOf(feature: TreeFeature, isBoolean: boolean): (value: Value) => number {
  const keyOf = (value: Value | boolean) => (isBoolean && typeof value === 'boolean' ? Number(value) : value);
  const key = (value: Value | boolean) => {
    const known = keyOf(value);
    return typeof known === 'bigint' ? Number(known) : (known as string | number | null);
  };
  switch (feature.kind) {
    case 'number': {
      const { fill, offset, divisor } = feature;
      return (value) => ((isMissing(value) ? (fill ?? Number.NaN) : Number(value)) - offset) / divisor;
    }
    case 'equals': {
      const values = new Set(feature.values.map(key));
      const [fill, hasMissing] = [key(feature.fill), feature.values.includes(null)];
      return (value) => {
        const filled = isMissing(value) ? fill : key(value);
        return Number(filled === null ? hasMissing : values.has(filled));
      };
    }
    case 'ordinal': {
      const places = new Map(feature.values.map((value, place) => [key(value), place]));
      const [fill, unknown] = [key(feature.fill), feature.unknown ?? Number.NaN];
      return (value) => places.get(isMissing(value) ? fill : key(value)) ?? unknown;
    }
  }
}
