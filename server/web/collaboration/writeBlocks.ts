/** Blocks of a report written, for whoever puts a chart into one; the reader, with its YAML, comes with the report's page alone. */
import type { ReportBlock } from '@cellkeep/schema/collaboration';
import type { Run } from '@cellkeep/schema/tracking';

/** A block as it stands in a report. Lists of ids and names stay on one line each. */
export function writeBlock(block: ReportBlock): string {
  const lines = Object.entries(block).map(([key, value]) => {
    if (Array.isArray(value)) return `${key}: [${value.map((one) => oneLine(one)).join(', ')}]`;
    return `${key}: ${oneLine(value)}`;
  });
  return `\`\`\`cellkeep\n${lines.join('\n')}\n\`\`\`\n`;
}

/** Words stand as they are; what YAML could read as something else is written as JSON, which is YAML. */
function oneLine(value: unknown): string {
  const isPlain = typeof value === 'string' && /^[a-z][\w./-]*$/i.test(value) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(value);
  return isPlain || (typeof value === 'string' && /^[0-9a-f]{32}$/.test(value) && !/^\d+(e\d+)?$/.test(value))
    ? value
    : JSON.stringify(value).replaceAll('`', '\\u0060');
}

const MOST_PANELS = 4;

/** What a report says of these runs when nothing else was asked for: a table where there are several, and their curves. */
export function blocksOfRuns(runs: readonly Pick<Run, 'id' | 'name' | 'metrics' | 'params'>[]): string {
  const ids = runs.slice(0, 200).map(({ id }) => id);
  const keys = (records: readonly object[]) => [...new Set(records.flatMap(Object.keys))];
  const metrics = keys(runs.map((run) => run.metrics)).filter((key) => !key.startsWith('system/'));
  const curves = metrics.filter((key) => runs.some((run) => (run.metrics[key]?.count ?? 0) > 1)).slice(0, MOST_PANELS);
  const params = keys(runs.map((run) => run.params)).filter((key) => runs.some((run) => run.params[key] !== runs[0]?.params[key]));
  const columns = [...metrics.slice(0, MOST_PANELS).map((key) => `metrics.${key}`), ...params.slice(0, 6).map((key) => `params.${key}`)];
  const blocks: ReportBlock[] = [];
  if (runs.length > 1 || curves.length === 0) blocks.push({ chart: 'table', runs: ids, ...(columns.length > 0 ? { columns } : {}) });
  if (curves.length > 0) blocks.push({ chart: 'curves', runs: ids, metrics: curves });
  return blocks.map(writeBlock).join('\n');
}

/** The same of runs of which only the ids are known: the charts choose what they show. */
export function blocksOfIds(ids: readonly string[]): string {
  const runs = ids.slice(0, 200);
  const blocks: ReportBlock[] = [
    { chart: 'table', runs },
    { chart: 'curves', runs },
  ];
  return blocks.map(writeBlock).join('\n');
}
