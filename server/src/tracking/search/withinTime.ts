import { failure } from '../../core/failure.ts';
import { codeOf } from '../../core/plainError.ts';

/** ms; a search that takes longer keeps a connection and a core from everybody else. */
const PATIENCE = 15_000;

/** The answer of a query, which is cancelled when it takes too long. A timer of ours: `set statement_timeout` would cost two more round trips. */
export async function withinTime<R>(query: PromiseLike<R> & { cancel: () => void }, patience = PATIENCE): Promise<R> {
  const timer = setTimeout(() => query.cancel(), patience);
  try {
    return await query;
  } catch (error) {
    if (codeOf(error) !== '57014') throw error;
    const reason = `the search took longer than ${patience / 1_000} s and was given up`;
    const remedy = 'name one experiment, compare metrics or whole values of params and tags rather than parts of text, or ask again later';
    throw failure('SERVICE_UNAVAILABLE', { field: 'filter', reason, remedy }, error);
  } finally {
    clearTimeout(timer);
  }
}
