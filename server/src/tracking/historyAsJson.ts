/**
 * A history as JSON, straight from its columns: what `metrics.history` answers over HTTP. The ordinary way goes through arrays, their
 * validation and oRPC's own walk over each number.
 */
import type { Curve } from '@cellkeep/schema/tracking';
import { toWire } from '@cellkeep/schema/wire';

export function historyAsJson(curves: readonly Curve[]): string {
  return `{"series":[${curves.map(curveAsJson).join(',')}]}`;
}

function curveAsJson({ runId, key, steps, times, values, min, max, total, sampled }: Curve): string {
  const band = min && max ? `,"min":${column(min)},"max":${column(max)}` : '';
  const rest = `,"total":${total},"sampled":${sampled}`;
  return `{"runId":"${runId}","key":${JSON.stringify(key)},"steps":${column(steps)},"times":${column(times)},"values":${column(values)}${band}${rest}}`;
}

function column(numbers: Float64Array): string {
  for (const one of numbers) if (one - one !== 0) return JSON.stringify(Array.from(numbers, toWire)); // NaN or infinite
  return JSON.stringify(Array.from(numbers));
}
