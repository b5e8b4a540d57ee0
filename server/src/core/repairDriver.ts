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
// - Statements go round all connections of the pool. Each of its processes of Postgres then plans for itself what comes ten times a second,
//   and holds caches of its own: the one that was used last is taken first.
// - A promise that carries a function of its own as a property outlives V8's young collections, and its value with it: every row that was
//   ever read was moved among the old objects and stayed until the heap was collected whole. Its functions are methods now.
// - Bytes come as hexadecimal text: twice as many, written there and read here. The columns of a statement with `raw()` are the Buffers
//   that Postgres sends in its binary format.

type Repair = readonly [from: string, to: string];

const OF_CONNECTION: readonly Repair[] = [
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
  [
    'Bind(q.parameters, q.statement.types, q.statement.name, q.cursorName)',
    'Bind(q.parameters, q.statement.types, q.statement.name, q.cursorName, q.isRaw === true)',
  ],
  [
    `function Bind(parameters, types, statement = '', portal = '') {`,
    `function Bind(parameters, types, statement = '', portal = '', binary = false) {`,
  ],
  [
    `    b.i16(0)

    return b.end()`,
    `    binary ? b.i16(1).i16(1) : b.i16(0)

    return b.end()`,
  ],
];

const REPAIRS: Readonly<Record<string, readonly Repair[]>> = {
  connection: OF_CONNECTION,
  query: [
    [
      `    this.resolve = x => (this.active = false, resolve(x))
    this.reject = x => (this.active = false, reject(x))
`,
      `    this.settle = { resolve, reject }
`,
    ],
    [
      `  cancel() {
`,
      `  resolve(x) {
    this.active = false
    this.settle.resolve(x)
  }

  reject(x) {
    this.active = false
    this.settle.reject(x)
  }

  cancel() {
`,
    ],
  ],
  index: [['return go(open.shift(), query)', 'return go(open.pop(), query)']],
  queue: [
    [
      '    shift: () => {',
      `    pop: () => {
      const out = xs.pop()
      if (index === xs.length) {
        index = 0
        xs = []
      }
      return out
    },
    shift: () => {`,
    ],
  ],
};

/** Files of the driver that are repaired. */
export const REPAIRED = /[/\\]postgres[/\\]src[/\\](connection|index|query|queue)\.js$/;

/** @param path of a file of the driver, or its address */
export function repaired(path: string, source: string): string {
  const repairs = REPAIRS[REPAIRED.exec(path)?.[1] ?? ''] ?? [];
  return repairs.reduce((text, [from, to]) => {
    if (text.split(from).length !== 2) {
      throw new Error(`this is another version of the package postgres: look whether repairDriver.ts is still needed (${from.trim()})`);
    }
    return text.replace(from, () => to);
  }, source);
}
