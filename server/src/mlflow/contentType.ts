/** The type that MLflow's server says of a file: by its name alone, and plain text for whatever a person reads as text. */
import { guessMediaType, servedType } from '../tracking/index.ts';

/** Endings, and names that have none. Of mlflow/utils/mime_type_utils.py. */
const TEXT = new Set([
  ...['txt', 'log', 'err', 'cfg', 'conf', 'cnf', 'cf', 'ini', 'properties', 'prop', 'hocon', 'toml', 'yaml', 'yml', 'xml', 'json', 'js'],
  ...['py', 'py3', 'csv', 'tsv', 'md', 'rst', 'ipynb', 'MLmodel', 'mlproject'],
]);

export function contentTypeByName(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  if (TEXT.has(dot > 0 ? name.slice(dot + 1) : name)) return 'text/plain';
  // Without the charset that a browser would be told: clients compare the type as a whole.
  return servedType(guessMediaType(path)).split(';', 1)[0] ?? 'application/octet-stream';
}
