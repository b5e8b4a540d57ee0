import { expect, test } from 'vitest';
import { placeOf } from './datasetPlace.ts';

test.each([
  ['a path', '/data/train.csv', '/data/train.csv'],
  ['JSON with an address', '{"uri": "s3://bucket/train.parquet"}', 's3://bucket/train.parquet'],
  ['JSON with a table', '{"table_name": "db.flights", "delta_table_version": 3}', 'db.flights'],
  ['code', '{"tags": {"mlflow.user": "ana", "mlflow.source.name": "train.py"}}', ''],
  ['something that only begins like JSON', '{not json', '{not json'],
  ['JSON of another shape', '{"uri": 3, "path": ""}', ''],
  ['nothing', '', ''],
])('of %s', (_, source, place) => {
  expect(placeOf(source)).toBe(place);
});
