/** Beyond this neither colours nor columns tell runs apart. */
export const MOST_RUNS = 200;

/** More runs than this are not read one by one: a name is typed instead, and what is out of sight is drawn later or not at all. */
export const MANY = 24;

/** Ids of runs as an address names them: "runs=…,…". What is no id is left out. */
export const idsIn = (search: string): string[] =>
  (new URLSearchParams(search).get('runs') ?? '').split(',').filter((id) => /^[0-9a-f]{32}$/.test(id));

/** Those that are compared: each once, no more than can be told apart. */
export const comparedIds = (search: string): string[] => comparable(idsIn(search));

export const comparable = (ids: readonly string[]): string[] => [...new Set(ids)].slice(0, MOST_RUNS);
