/**
 * The least set of executions that something depends on, from what the kernel recorded of each: which earlier ones it needs and why.
 *
 * Sound before small. A target name is followed back to the execution that bound it for sure, through all that touched it since; an
 * execution that was not observed may have changed anything, so each of those before a needed one is in, and is said to be unsure.
 * The kernel (`cellkeep.slice`) decides the needs; this only follows them, so that a page can answer without one.
 */
import type { Execution } from '@cellkeep/schema/design';

export type SliceTarget = { name: string } | { orders: readonly number[] };

export interface SlicedExecution {
  execution: Execution;
  /** For people; one sentence for each reason. */
  why: string[];
  /** False: it could not be ruled out. */
  sure: boolean;
}

export interface Slice {
  /** In the order in which they ran. */
  executions: SlicedExecution[];
  total: number;
  /** Orders that are needed and were not kept. */
  missing: number[];
  /** Null: the target is known. */
  problem: 'unknown name' | 'deleted' | 'nothing observed' | null;
}

type Record = Pick<Execution, 'order' | 'flow' | 'reads' | 'writes' | 'executionCount'>;

export function sliceOf(executions: readonly Execution[], target: SliceTarget): Slice {
  const byOrder = new Map(executions.map((execution) => [execution.order, execution]));
  const found = new Map<number, { why: Set<string>; sure: boolean }>();
  const missing = new Set<number>();
  const waiting: number[] = [];
  const include = (order: number, why: string, sure: boolean) => {
    const known = found.get(order);
    if (known) {
      known.why.add(why);
      if (sure && !known.sure) {
        known.sure = true;
        waiting.push(order); // what it needs is sure now too
      }
      return;
    }
    if (!byOrder.has(order)) {
      missing.add(order);
      return;
    }
    found.set(order, { why: new Set([why]), sure });
    waiting.push(order);
  };

  const begin = 'name' in target ? touchesOf(executions, target.name) : { steps: [], problem: null };
  const problem = executions.some(({ flow }) => flow) ? begin.problem : 'nothing observed';
  for (const { order, why, sure } of begin.steps) include(order, why, sure);
  if ('orders' in target) for (const order of target.orders) include(order, 'it is what was asked for', true);

  for (let order = waiting.pop(); order !== undefined; order = waiting.pop()) {
    const execution = byOrder.get(order);
    if (!execution) continue;
    for (const need of needsOf(execution, executions)) {
      if (need.order < order) include(need.order, need.why, need.sure && (found.get(order)?.sure ?? false));
    }
    if (waiting.length > 0) continue;
    // What was not observed may have changed anything that came after it.
    const last = Math.max(...found.keys());
    for (const unseen of executions)
      if (!unseen.flow && unseen.order < last) include(unseen.order, 'what it did was not observed, so it is kept', false);
  }

  const orders = [...found.keys()].sort((a, b) => a - b);
  const sliced = orders.flatMap((order) => {
    const [execution, { why, sure } = { why: new Set<string>(), sure: false }] = [byOrder.get(order), found.get(order)];
    return execution ? [{ execution, why: [...why], sure }] : [];
  });
  return { executions: sliced, total: executions.length, missing: [...missing].sort((a, b) => a - b), problem };
}

interface Step {
  order: number;
  why: string;
  sure: boolean;
}

/** Back from the end to what bound the name for sure. */
function touchesOf(executions: readonly Record[], name: string): { steps: Step[]; problem: Slice['problem'] } {
  const steps: Step[] = [];
  for (const execution of executions.toSorted((a, b) => b.order - a.order)) {
    const touch = execution.flow
      ? strongest(execution.flow.touches.filter((one) => one.name === name))
      : execution.writes.includes(name)
        ? ({ how: 'bound', sure: false } as const)
        : null;
    if (!touch) continue;
    if (touch.how === 'deleted' && touch.sure && steps.length === 0) return { steps: [], problem: 'deleted' };
    steps.push({ order: execution.order, why: reasonOf(touch.how, name, touch.sure), sure: touch.sure });
    if (touch.how !== 'changed' && touch.sure) break;
  }
  return { steps, problem: steps.length > 0 ? null : 'unknown name' };
}

/** One execution may touch a name in several ways: what it left is bound, if it bound it for sure. */
function strongest<Touch extends { how: string; sure: boolean }>(touches: readonly Touch[]): Touch | null {
  const sure = touches.filter((touch) => touch.sure);
  return sure.find(({ how }) => how === 'bound') ?? sure.find(({ how }) => how === 'deleted') ?? sure[0] ?? touches[0] ?? null;
}

function reasonOf(how: 'bound' | 'changed' | 'deleted', name: string, sure: boolean): string {
  const what = { bound: `makes \`${name}\``, changed: `changes \`${name}\` in place`, deleted: `deletes \`${name}\`` }[how];
  return sure ? what : `may be what ${what}`;
}

/** Recorded needs; of an execution that was not observed, what its names say: who wrote last what it reads. */
function needsOf(execution: Record, executions: readonly Record[]): Step[] {
  if (execution.flow) return execution.flow.needs;
  return execution.reads.flatMap((name) => {
    const writer = executions.findLast((one) => one.order < execution.order && one.writes.includes(name));
    return writer ? [{ order: writer.order, why: `writes \`${name}\`, which ${labelOf(execution)} reads`, sure: false }] : [];
  });
}

export const labelOf = ({ executionCount, order }: Pick<Execution, 'executionCount' | 'order'>): string =>
  executionCount === null ? `execution ${order}` : `In[${executionCount}]`;

/** Names that something bound, as they are now; those that were touched last come first. */
export function namesOf(executions: readonly Execution[]): string[] {
  const last = new Map<string, { order: number; isGone: boolean }>();
  for (const { order, flow, writes } of executions) {
    const touches = flow?.touches ?? writes.map((name) => ({ name, how: 'bound' as const }));
    for (const { name, how } of touches) {
      if (name.includes(':') || name.startsWith('_')) continue;
      last.set(name, { order, isGone: how === 'deleted' });
    }
  }
  return [...last]
    .filter(([, { isGone }]) => !isGone)
    .sort(([a, x], [b, y]) => y.order - x.order || a.localeCompare(b))
    .map(([name]) => name);
}

const MAGIC = /^\s*(%|!|\?|.*[=\s]!|.*\?\s*$)/m;

/** The slice as a program; each part says where it is from and why it is there. */
export function scriptOf(slice: Slice): string {
  const parts = slice.executions.map(({ execution, why, sure }) => {
    const reasons = why.map((one) => one.replace(/\s+/g, ' ')).join('; ');
    return `# ${labelOf(execution)}${sure ? '' : ' (perhaps)'}: ${reasons}\n${execution.source.trimEnd()}\n`;
  });
  const needsIpython = slice.executions.some(({ execution }) => MAGIC.test(execution.source));
  return [...(needsIpython ? ['# Run it with ipython: it holds magics or shell commands.\n'] : []), ...parts].join('\n');
}
