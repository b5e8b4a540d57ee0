/**
 * Transactions that end with their connection. With the driver's own, work that goes on after its connection was lost says its next
 * statement, `commit` or `rollback` over the connection that is made anew: outside of any transaction, or amid somebody else's.
 * Here no statement leaves such a transaction any more, and its promise is rejected.
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
