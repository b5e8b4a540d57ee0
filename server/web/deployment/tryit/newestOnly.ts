/** Of works that overlap only the one begun last is told: a file that was slow to read must not overwrite the one chosen after it. */
export function newestOnly(): <T>(work: Promise<T>) => Promise<T | null> {
  let begun = 0;
  return async (work) => {
    const turn = ++begun;
    const done = await work;
    return turn === begun ? done : null;
  };
}
