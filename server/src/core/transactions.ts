/**
 * Transactions that end with their connection.
 *
 * postgres.js 3.4 goes on with a transaction whose connection has closed: it sends `rollback`, or the transaction's next statement, over a
 * socket that is no more. That ends the process (`null.write` outside of any promise), or leaves the connection unable to ever say
 * anything again, or, once it is connected anew, runs the statement outside of any transaction and amid somebody else's.
 * Here a lost connection ends the transaction: no statement leaves it any more, and its promise is rejected.
 */
import type { Sql, TransactionSql } from 'postgres';

type Work = (tx: TransactionSql) => unknown;

/** The same pool with a safe `begin`. To be dropped when the driver's own does all of this. */
export function safeTransactions(sql: Sql): Sql {
  const driversBegin = sql.begin as (options: string, work: Work) => Promise<unknown>;

  const begin = (...given: [options: string, work: Work] | [work: Work]): Promise<unknown> => {
    const [options, work] = given.length === 2 ? given : ['', given[0]];
    let lost: unknown = null;
    const guarded = async (tx: TransactionSql): Promise<unknown> => {
      try {
        const result = await work(refusing(tx, () => lost));
        if (lost === null) return result;
      } catch (error) {
        // The statement fails a few microtasks before the driver says why; who asks later knows.
        await new Promise((resolve) => setImmediate(resolve));
        if (lost === null) throw error;
      }
      return new Promise(() => {}); // the driver has rejected already, and must not say `commit` or `rollback` any more
    };
    const running = driversBegin(options, guarded);
    // Before `guarded` has ended, only the end of its connection rejects it.
    running.catch((error: unknown) => {
      lost = error;
    });
    return running;
  };
  return Object.assign(sql, { begin });
}

function refusing(tx: TransactionSql, lost: () => unknown): TransactionSql {
  return new Proxy(tx, {
    apply(target, self, args) {
      if (lost() !== null) throw lost();
      return Reflect.apply(target as never, self, args);
    },
  });
}
