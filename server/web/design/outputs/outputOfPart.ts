import type { ShownOutput } from '@cellkeep/schema/design';

const TYPES = ['stream', 'display_data', 'execute_result', 'error'] as const;

/** A stored output (JSON of nbformat) as it is shown; what is none of that is shown as text. */
export function outputOfPart(digest: string, body: string): ShownOutput {
  const shown: ShownOutput = { digest, type: 'display_data', size: body.length, name: '', data: {}, cut: [] };
  let stored: unknown;
  try {
    stored = JSON.parse(body);
  } catch {
    return { ...shown, data: { 'text/plain': body } };
  }
  if (typeof stored !== 'object' || stored === null) return { ...shown, data: { 'text/plain': body } };
  const output = stored as Record<string, unknown>;
  const type = TYPES.find((one) => one === output.output_type) ?? 'display_data';
  if (type === 'stream')
    return { ...shown, type, name: typeof output.name === 'string' ? output.name : '', data: { 'text/plain': textOf(output.text) } };
  if (type === 'error') {
    const traceback = Array.isArray(output.traceback) ? output.traceback.map(textOf).join('\n') : '';
    return { ...shown, type, data: { 'text/plain': traceback || `${textOf(output.ename ?? '')}: ${textOf(output.evalue ?? '')}` } };
  }
  const data = typeof output.data === 'object' && output.data !== null ? output.data : {};
  return { ...shown, type, data: Object.fromEntries(Object.entries(data).map(([mime, value]) => [mime, textOf(value)])) };
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((line) => typeof line === 'string')) return value.join('');
  return JSON.stringify(value, null, 2) ?? '';
}
