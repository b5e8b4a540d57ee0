/** The operations of this room that are answered on the short way (core/hotOperation.ts): points that come, and curves and tables that go. */
import { CURVE_BYTES, encodeCurves, historyInput, searchInput } from '@cellkeep/schema/tracking';
import type { HotOperation } from '../core/hotOperation.ts';
import { foundRuns } from './foundRuns.ts';
import { historyAsJson } from './historyAsJson.ts';
import { logToRun } from './logToRun.ts';
import { readCurves } from './readHistory.ts';
import { readSeries } from './readPoints.ts';
import type { Tracking } from './tracking.ts';

export function hotTracking(tracking: Tracking): HotOperation[] {
  return [
    {
      name: 'tracking.runs.log',
      path: '/runs/{id}/log',
      async answer(context, body, runId) {
        const given = membersOf(body, LOG_MEMBERS);
        const series = given && readSeries(given.series === undefined ? [] : given.series);
        if (!series || given.params !== undefined || given.tags !== undefined) return null;
        return `{"points":${await logToRun(tracking, context, { runId, series })}}`;
      },
    },
    {
      name: 'tracking.runs.search',
      path: '/runs/search',
      async answer(context, body) {
        const input = searchInput.safeParse(body);
        return input.success ? JSON.stringify(await foundRuns(context, input.data)) : null;
      },
    },
    {
      name: 'tracking.metrics.history',
      path: '/metrics/history',
      async answer({ sql, caller }, body, _id, accepted) {
        const input = historyInput.safeParse(body);
        if (!input.success) return null;
        const curves = await readCurves(sql, caller.workspaceId, input.data);
        return accepted === CURVE_BYTES ? { type: CURVE_BYTES, bytes: encodeCurves(curves) } : historyAsJson(curves);
      },
    },
  ];
}

const LOG_MEMBERS = new Set(['series', 'params', 'tags']);

/** Null for what is no object, or has members of which only the ordinary way knows. */
function membersOf(body: unknown, known: ReadonlySet<string>): Record<string, unknown> | null {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return null;
  for (const name in body) if (!known.has(name)) return null;
  return body as Record<string, unknown>;
}
