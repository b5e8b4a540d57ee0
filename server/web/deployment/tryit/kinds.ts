/** What the columns of a CSV file are: what the signature says of them counts more than how a value looks. */
import type { Column } from '@cellkeep/schema/registry';
import type { KindOf } from './readRows.ts';

const KINDS: Partial<Record<Column['type'], 'text' | 'number'>> = {
  ...{ string: 'text', binary: 'text' },
  ...{ integer: 'number', float: 'number', double: 'number' },
};

export function kindsOf(inputs: readonly Pick<Column, 'name' | 'type'>[]): KindOf {
  const types = new Map(inputs.map(({ name, type }) => [name, type]));
  return (name) => {
    const type = types.get(name);
    return (type && KINDS[type]) ?? null;
  };
}
