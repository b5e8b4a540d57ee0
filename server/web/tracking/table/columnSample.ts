/** The newest runs of an experiment: they say which columns its table has, and are its first rows. Asked for before there is a view. */
import type { SearchInput } from '@cellkeep/schema/tracking';

const SAMPLE = 12; // runs; with all their metrics, so that the first page need not carry them

/** Newest first, without tags. */
export const columnSample = (experimentId: string): Partial<SearchInput> => ({
  experimentIds: [experimentId],
  limit: SAMPLE,
  details: false,
  count: 'none',
  tags: [],
});
