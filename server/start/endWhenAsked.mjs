// When to end: on Ctrl-C, on SIGTERM, when the terminal closes, and when the npm that runs us is killed.

const ECHO = 1_000; // ms
const LOOK = 250; // ms

/**
 * `end` hears `asked` once and `at once` for each further wish.
 * @param {(how: 'asked' | 'at once') => void} end
 */
export function endWhenAsked(end) {
  let askedAt = 0;
  const ask = () => {
    const now = performance.now();
    // Ctrl-C arrives twice under npm: from the terminal, and passed on by npm. That is one wish, not two.
    if (askedAt > 0 && now - askedAt < ECHO) return;
    end(askedAt > 0 ? 'at once' : 'asked');
    askedAt = now;
  };
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, ask);
  if (process.env.npm_lifecycle_event) watchParent(ask);
}

/** A killed npm passes nothing on; all that is seen of it is that we have another parent. @param {() => void} ask */
function watchParent(ask) {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    ask();
  }, LOOK);
  watch.unref();
}
