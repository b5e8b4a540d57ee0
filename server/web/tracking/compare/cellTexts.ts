import type { Execution } from '@cellkeep/schema/design';

/** The cells of a run as one text, each under its number: what a difference can be taken of. The last execution of a cell counts. */
export function textOfCells(executions: readonly Execution[]): string {
  const last = new Map<string, Execution>();
  for (const execution of [...executions].sort((a, b) => a.startedAt - b.startedAt || a.order - b.order)) {
    const cell = execution.cellId ?? execution.id;
    last.delete(cell);
    last.set(cell, execution);
  }
  // The number in front of a cell changes with each execution and would make all cells differ.
  return [...last.values()].map(({ source }, i) => `# ── cell ${i + 1}\n${source.trimEnd()}\n`).join('\n');
}
