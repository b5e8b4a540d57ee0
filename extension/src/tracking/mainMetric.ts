import type { Run } from '@cellkeep/schema/tracking';
import { fromWire } from '@cellkeep/schema/wire';

/** The metric that stands for a run: the pinned one, else the first that the person logged (system metrics are the machine's). */
export function mainMetric(run: Run, pinned: string): { key: string; value: string } | null {
  const keys = Object.keys(run.metrics);
  const key = pinned && pinned in run.metrics ? pinned : keys.find((name) => !name.startsWith('system/'));
  const summary = key ? run.metrics[key] : undefined;
  if (!key || !summary) return null;
  return { key, value: short(fromWire(summary.last)) };
}

/** Four significant digits. */
function short(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(2);
  return value.toLocaleString('en', { maximumSignificantDigits: 4, minimumSignificantDigits: size < 1 ? 4 : 1, useGrouping: false });
}
