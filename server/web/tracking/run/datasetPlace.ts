/** Of a dataset's source the part that a person knows it by: most loggers write JSON with an address or a path in it. */
export function placeOf(source: string): string {
  const trimmed = source.trim();
  if (!trimmed.startsWith('{')) return trimmed;
  let parsed: Record<string, unknown>;
  try {
    parsed = JSON.parse(trimmed) as Record<string, unknown>;
  } catch {
    return trimmed;
  }
  for (const key of ['uri', 'url', 'path', 'table_name', 'name', 'query']) {
    const value = parsed[key];
    if (typeof value === 'string' && value !== '') return value;
  }
  // A dataset that was made in code names the run's own tags: where the run came from stands beside it already.
  return '';
}
