import { oc } from '@orpc/contract';
import { z } from 'zod';
import { commonErrors, epochMs, experimentId, limits, nextCursor, pageInput, uuid } from '../wire/index.ts';
import { shownName } from './names.ts';

const base = oc.errors(commonErrors);

const viewName = shownName;

/** Characters of a view's state: what browsers and servers on the way still take as an address. */
export const MOST_STATE = 16_000;

const state = z
  .string()
  .max(MOST_STATE)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
  .regex(/^(?![?/])[^\u0000-\u0020#]*$/, 'a state is a query string as it stands in an address: without "?" at its start, "#" or spaces')
  .describe('Query string of the run table, without "?": filter, columns, order, groups, charts.');

export const savedView = z.object({
  id: uuid,
  name: z.string(),
  experimentId: experimentId.nullable().describe('Null: of all experiments.'),
  state: z.string(),
  shared: z.boolean().describe('Seen by the whole workspace; else by its maker alone.'),
  userId: uuid.describe('Its maker.'),
  userName: z.string(),
  createdAt: epochMs,
  updatedAt: epochMs,
});
export type SavedView = z.infer<typeof savedView>;

const forExperiment = experimentId.nullable().default(null).describe('Null: for all experiments.');

export const viewsContract = {
  list: base
    .route({ method: 'GET', path: '/views', tags: ['collaboration'], summary: 'Own views and those that are shared, by name' })
    .input(
      z.object({
        ...pageInput,
        experimentId: experimentId.optional().describe('Those of this experiment, and those for all experiments; absent: every view.'),
      }),
    )
    .output(z.object({ views: z.array(savedView), nextCursor })),
  create: base
    .route({ method: 'POST', path: '/views', tags: ['collaboration'], successStatus: 201, summary: 'Keep a view; sharing it needs editor' })
    .input(z.object({ name: viewName, experimentId: forExperiment, state, shared: z.boolean().default(false) }))
    .output(savedView),
  update: base
    .route({ method: 'PATCH', path: '/views/{id}', tags: ['collaboration'], summary: 'Rename, replace, share (its maker or an owner)' })
    .input(z.object({ id: uuid, name: viewName.optional(), state: state.optional(), shared: z.boolean().optional() }))
    .output(savedView),
  delete: base
    .route({ method: 'DELETE', path: '/views/{id}', tags: ['collaboration'], summary: 'Remove a view (its maker or an owner)' })
    .input(z.object({ id: uuid }))
    .output(z.object({ deleted: z.boolean() })),
};

/** Views that one person may keep: a rail that lists more helps nobody. */
export const MOST_VIEWS = Math.min(500, limits.page);
