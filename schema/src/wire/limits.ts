/** The limits that every door of the server applies, in one place so that clients can cut before they send. */
export const limits = {
  /** Characters in a metric, param or tag key. */
  key: 250,
  /** Characters in an experiment, run or user name. */
  name: 250,
  /** Characters in a param's value. */
  paramValue: 6_000,
  /** Characters in a tag's value. */
  tagValue: 8_000,
  /** Characters of Markdown in a run's notes. */
  notes: 65_536,
  /** Characters of an error's traceback. */
  traceback: 65_536,
  /** Characters of a cell's source. */
  source: 1_048_576,
  /** Characters in an artifact's path. */
  artifactPath: 1_024,
  /** Parts of one upload. */
  uploadParts: 10_000,
  /** Points in one ingest request. */
  pointsPerRequest: 1_000_000,
  /** Records in one ingest request. */
  recordsPerRequest: 10_000,
  /** Bytes of a JSON body. */
  jsonBody: 64 * 1024 * 1024,
  /** Characters of a search filter. */
  filter: 10_000,
  /** Rows in one page. */
  page: 1_000,
  /** Rows that a page may pass over. */
  offset: 10_000_000,
  /** Characters in a value of a model's or a version's tag: a prompt's text is one. */
  modelTagValue: 100_000,
  /** Characters in where a model comes from. */
  modelSource: 2_000,
  /** Characters in an alias. */
  alias: 255,
  /** Runs named in one request. */
  runsPerRequest: 1_000,
  /** Runs that one change by a filter may reach. */
  runsPerChange: 100_000,
  /** Cells of a notebook. */
  cells: 20_000,
  /** Outputs of one cell. */
  outputsOfCell: 10_000,
  /** Characters of a part that travels within a request. */
  partInline: 4 * 1024 * 1024,
  /** Bytes of a part that is sent as it is. */
  partBytes: 1024 * 1024 * 1024,
  /** Conditions in one search filter. */
  conditions: 200,
} as const;
