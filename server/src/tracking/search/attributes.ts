/** What a run has of itself, by the names that people and MLflow's clients use. */
export type AttributeKind = 'id' | 'text' | 'status' | 'time' | 'duration';

const KINDS = {
  id: 'id',
  name: 'text',
  status: 'status',
  started_at: 'time',
  ended_at: 'time',
  /** seconds from start to end; a run that has not ended has none yet */
  duration: 'duration',
  user: 'text',
  notebook: 'text',
  cell: 'text',
  experiment: 'text',
  parent_run_id: 'id',
  notes: 'text',
  /** reproduced, drifted or failed: of the last verification that ended with one */
  verdict: 'text',
} as const satisfies Record<string, AttributeKind>;

export type AttributeName = keyof typeof KINDS;

export const ATTRIBUTE_NAMES = Object.keys(KINDS) as AttributeName[];

/** MLflow's names among them: `user_id` is what it calls the user's name. */
const ALIASES: Record<string, AttributeName> = {
  run_id: 'id',
  run_name: 'name',
  start_time: 'started_at',
  created: 'started_at',
  end_time: 'ended_at',
  user_name: 'user',
  user_id: 'user',
  notebook_path: 'notebook',
  cell_id: 'cell',
  experiment_name: 'experiment',
  parent: 'parent_run_id',
};

export const kindOf = (name: AttributeName): AttributeKind => KINDS[name];

/** Any case; "Run name" is what MLflow's table calls it. */
export function attributeNamed(written: string): AttributeName | undefined {
  const name = written.toLowerCase().replace(/\s+/g, '_');
  return ATTRIBUTE_NAMES.find((one) => one === name) ?? (Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined);
}

export const SPELLINGS: readonly string[] = [...ATTRIBUTE_NAMES, ...Object.keys(ALIASES)];
