// postgres.js 3.4.9 with what it lacks when a connection dies under it. Used twice: where the driver is loaded (driver.ts) and where it is
// bundled (server/build.mjs). Each repair names what happens without it, as transactions.test.ts sees it:
//
// - A statement for a connection that has just closed is written to `null`: an error outside of any promise, which ends the process.
// - What was about to be written when it closed stays, and its timer looks as if it still ran: the connection made anew says nothing and
//   meets CONNECT_TIMEOUT, ten seconds each, for ever.
// - A statement between a socket's `error` and its `close` is never answered: whoever waits for it waits for ever.
// - What is written between the close and the next connection finds no socket when its turn comes: again an error that ends the process.
//   Whoever wrote it has been told of the close already.
// - An error by which Postgres ends a connection is told once more to the first statement of the next.

const REPAIRS: readonly [from: string, to: string][] = [
  [
    `  function execute(q) {
    if (terminated)`,
    `  function execute(q) {
    if (!socket && !terminated) {
      queryError(q, Errors.connection('CONNECTION_CLOSED', options, socket))
      return true
    }
    if (terminated)`,
  ],
  [
    `    incomings = null
    clearImmediate(nextWriteTimer)
    socket.removeListener('data', data)`,
    `    incomings = null
    clearImmediate(nextWriteTimer)
    nextWriteTimer = chunk = errorResponse = null
    socket.removeListener('data', data)`,
  ],
  [
    `    const x = socket.write(chunk, fn)
`,
    `    const x = socket !== null && socket.write(chunk, fn)
`,
  ],
  [
    `    !hadError && (query || sent.length) && error(Errors.connection('CONNECTION_CLOSED', options, socket))
`,
    `    if (query || sent.length) error(Errors.connection('CONNECTION_CLOSED', options, socket))
    query = null
`,
  ],
];

export const REPAIRED = /[/\\]postgres[/\\]src[/\\]connection\.js$/;

/** @param source of postgres/src/connection.js */
export function repaired(source: string): string {
  return REPAIRS.reduce((text, [from, to]) => {
    if (text.split(from).length !== 2) {
      throw new Error(`this is another version of the package postgres: look whether repairDriver.ts is still needed (${from.trim()})`);
    }
    return text.replace(from, () => to);
  }, source);
}
