import { requireRole } from '../access/index.ts';
import type { CallContext, Db } from '../core/context.ts';
import { type Effects, noEffects, publishEffects, writeEffects } from './effects.ts';
import { repeatedly } from './repeatedly.ts';

/**
 * One transaction with all that belongs to it, and the news after it.
 * @throws FORBIDDEN below editor
 */
export async function inOneChange<T>(context: CallContext, work: (tx: Db, effects: Effects) => Promise<T>): Promise<T> {
  requireRole(context, 'editor');
  const { value, effects } = await repeatedly(async () => {
    const effects = noEffects();
    const value = await context.sql.begin(async (tx) => {
      const made = await work(tx, effects);
      await writeEffects(tx, context.caller, effects);
      return made;
    });
    return { value: value as T, effects };
  });
  publishEffects(context, context.caller.workspaceId, effects);
  return value;
}
