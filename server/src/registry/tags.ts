interface TagChange {
  setTags?: Record<string, string>;
  removeTags?: readonly string[];
}

/** One that is set and removed at once is removed. */
export function changeTags(tags: Record<string, string>, { setTags = {}, removeTags = [] }: TagChange): Record<string, string> {
  const gone = new Set(removeTags);
  return Object.fromEntries(Object.entries({ ...tags, ...setTags }).filter(([key]) => !gone.has(key)));
}
