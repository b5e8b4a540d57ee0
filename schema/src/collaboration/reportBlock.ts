/** A live chart of a report: what stands in a fenced block of the language `cellkeep`, once it is read as YAML or JSON. */
import { z } from 'zod';
import { limits, runId } from '../wire/index.ts';

const key = z.string().min(1).max(limits.key);
const field = z
  .string()
  .max(limits.key + 20)
  .regex(/^(metrics|min|max|params|tags|attributes)\../, 'a field is metrics.…, min.…, max.…, params.…, tags.… or attributes.…');
const orderBy = z
  .string()
  .max(limits.key + 21)
  .regex(/^-?(metrics|params|tags|attributes)\../, 'an order is like metrics.auc, or -metrics.auc for the greatest first');

const common = {
  title: z.string().max(limits.name).optional(),
  height: z.number().int().min(80).max(1_200).optional().describe('Pixels.'),
  runs: z.array(runId).min(1).max(200).optional().describe('These, in this order; or those that a search finds:'),
  experiment: z
    .union([
      z.string(),
      z.number().int(),
      z
        .array(z.union([z.string(), z.number().int()]))
        .min(1)
        .max(50),
    ])
    .optional()
    .describe('Names or ids; absent: all.'),
  filter: z.string().max(limits.filter).optional(),
  order: orderBy.optional().describe('Absent: newest first.'),
  limit: z.number().int().min(1).max(1_000).optional(),
};

const block = <Name extends string, Shape extends z.ZodRawShape>(chart: Name, shape: Shape) =>
  z.strictObject({ chart: z.literal(chart), ...common, ...shape });

export const reportBlock = z.discriminatedUnion('chart', [
  block('curves', {
    metrics: z.array(key).min(1).max(24).optional().describe('One panel each; absent: the first four of the runs.'),
    axis: z.enum(['step', 'time', 'relative']).optional(),
    smoothing: z.number().min(0).max(0.99).optional(),
    log: z.boolean().optional(),
  }),
  block('table', { columns: z.array(field).min(1).max(50).optional() }),
  block('metric', {
    metric: key,
    of: z.enum(['last', 'min', 'max']).optional(),
    label: z.string().max(limits.name).optional(),
  }),
  block('scatter', { x: field.optional(), y: field.optional(), color: field.optional() }),
  block('parallel', { columns: z.array(field).min(2).max(20).optional(), color: field.optional() }),
  block('box', { metric: field.optional(), by: field.optional() }),
  block('importance', { metric: field.optional() }),
]);
export type ReportBlock = z.infer<typeof reportBlock>;
export type ChartKind = ReportBlock['chart'];

export const CHART_KINDS = [
  'curves',
  'table',
  'metric',
  'scatter',
  'parallel',
  'box',
  'importance',
] as const satisfies readonly ChartKind[];

/** What a block says of its runs has no two answers. */
export function contradiction({ runs, experiment, filter, order, limit }: ReportBlock): string | null {
  if (!runs) return null;
  const others = Object.entries({ experiment, filter, order, limit }).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  return others.length > 0 ? `runs are named one by one: take out ${others.join(', ')}, or runs` : null;
}
