import type { Promotion } from '@cellkeep/schema/deployment';

/**
 * Whether it failed because the model has no ONNX form, or none that answers like it: the one failure that Python does not share. Both
 * fail in the same step as what Python fails at too (no example rows), so the exporter's own words tell them apart
 * (kernel-bridge/src/cellkeep/promoting/exporting.py; its test has the same words).
 */
export function helpsInPython({ options, steps, error }: Pick<Promotion, 'options' | 'steps' | 'error'>): boolean {
  const failed = steps.find(({ status }) => status === 'failed');
  if (options.runtime === 'python' || (failed?.step !== 'export' && failed?.step !== 'check')) return false;
  return /\bno ONNX form\b/.test(`${failed.text} ${error ?? ''}`);
}
