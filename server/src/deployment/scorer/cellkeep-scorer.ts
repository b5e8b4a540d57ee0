/** The scorer's process: loads the model that the first message names, then answers one question after another. Started by scorerChild.ts. */
import { CannotExplain } from '../explain/index.ts';
import { ModelFailure } from '../host/model.ts';
import { Refusal, textOf } from '../host/refusal.ts';
import { type AskedModel, openModel } from './askModel.ts';
import type { FromScorer, ToldError, ToScorer } from './messages.ts';

const tell = (message: FromScorer) => process.send?.(message);
let model: AskedModel | null = null;

// The server is gone: nobody asks any more.
process.on('disconnect', () => {
  void (model?.close() ?? Promise.resolve()).finally(() => process.exit(0));
});

process.on('message', (message: ToScorer) => void answer(message));

async function answer(message: ToScorer): Promise<void> {
  if (message.kind === 'load') {
    try {
      model = await openModel(message.task, tell);
      tell({ kind: 'ready' });
    } catch (error) {
      tell({ kind: 'refused', error: toldError(error) });
    }
    return;
  }
  const { id, rows } = message;
  try {
    if (!model) throw new ModelFailure('this scorer has no model yet');
    if (message.kind === 'predict') tell({ kind: 'predicted', id, answer: await model.predict(rows) });
    else tell({ kind: 'explained', id, explanation: await model.explain(rows, message.row, message.output) });
  } catch (error) {
    tell({ kind: 'failed', id, error: toldError(error) });
  }
}

function toldError(error: unknown): ToldError {
  const isGone = error instanceof ModelFailure && error.isGone;
  if (error instanceof Refusal) return { name: 'RowsRefused', message: textOf(error), isGone, issues: error.issues };
  const name = error instanceof ModelFailure ? 'ModelFailure' : error instanceof CannotExplain ? 'CannotExplain' : 'Error';
  return { name, message: error instanceof Error ? error.message : String(error), isGone, issues: [] };
}
