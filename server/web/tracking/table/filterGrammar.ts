/**
 * The search grammar as far as the field needs it: what each piece is, for colour, and what may come next, for completions. Whether a
 * filter is right is for the server to say; it names the column where it is not.
 */
import type { RunKeys } from '../queries.ts';

export type PieceKind = 'key' | 'operator' | 'word' | 'string' | 'number' | 'space' | 'other';

export interface Piece {
  text: string;
  kind: PieceKind;
  at: number;
}

const PIECES: [PieceKind, RegExp][] = [
  ['space', /^\s+/],
  ['word', /^(and|or|not|in|like|ilike|is|null|exists|differs?|from|only|true|false)\b/i],
  ['key', /^(metrics?|params?|parameters?|tags?|datasets?|attributes?|attr)\.("[^"]*"?|`[^`]*`?|[\p{L}\p{N}_./-]*)/iu],
  ['string', /^('[^']*'?|"[^"]*"?)/],
  ['operator', /^(>=|<=|!=|<>|=|>|<|~)/],
  ['number', /^[+-]?(\d+(?:\.\d*)?|\.\d+)(e[+-]?\d+)?/i],
  ['key', /^[\p{L}_][\p{L}\p{N}_]*/u],
  ['other', /^./su],
];

export function tokenize(filter: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  while (at < filter.length) {
    const rest = filter.slice(at);
    for (const [kind, pattern] of PIECES) {
      const text = pattern.exec(rest)?.[0];
      if (!text) continue;
      pieces.push({ text, kind, at });
      at += text.length;
      break;
    }
  }
  return pieces;
}

export const ATTRIBUTES = [
  ...[
    'name',
    'status',
    'start_time',
    'end_time',
    'duration',
    'user',
    'notebook',
    'cell',
    'experiment',
    'notes',
    'verdict',
    'parent_run_id',
    'run_id',
  ],
];
const STATUSES = ['running', 'finished', 'failed', 'killed', 'lost', 'scheduled'];
/** What may be written for a value, by attribute: words of the grammar, not values in use. */
const VALUES: Record<string, readonly string[]> = {
  status: STATUSES.map((status) => `'${status}'`),
  verdict: ["'reproduced'", "'drifted'", "'failed'"],
  start_time: ['-1h', '-1d', '-7d', '-30d', 'today', 'yesterday'],
  end_time: ['-1h', '-1d', '-7d', '-30d', 'today', 'yesterday'],
  duration: ['30s', '5m', '1h', '2h30m', '1d'],
};

export interface Completion {
  /** What is put in place of `from` … `to`. */
  text: string;
  label: string;
  hint: string;
  from: number;
  to: number;
}

const MOST = 12;

/** What may stand where the cursor is. */
export function complete(filter: string, cursor: number, keys: RunKeys): Completion[] {
  const pieces = tokenize(filter);
  const under = pieces.find(({ at, text, kind }) => kind !== 'space' && at < cursor && cursor <= at + text.length);
  const before = pieces.filter(({ at, text, kind }) => kind !== 'space' && at + text.length <= (under?.at ?? cursor));
  const last = before.at(-1);
  const typed = under ? filter.slice(under.at, cursor) : '';
  const span = { from: under?.at ?? cursor, to: under ? under.at + under.text.length : cursor };
  const offer = (label: string, hint: string, text = label) => ({ ...span, label, hint, text });

  if (last?.kind === 'operator') {
    const key = before.at(-2)?.text.replace(/^(attributes?|attr)\./i, '') ?? '';
    const values = Object.hasOwn(VALUES, key) ? (VALUES[key] ?? []) : [];
    return values
      .map((value) => offer(value, key.replaceAll('_', ' '), `${value} `))
      .filter(({ label }) => matches(label, typed.replace(/^'/, '')) && label !== typed);
  }
  if (last?.kind === 'key') {
    const differs = /^(params?|tags?)\./i.test(last.text) ? ['differs from'] : [];
    const operators = ['=', '!=', '>', '>=', '<', '<=', 'LIKE', 'ILIKE', 'IN', 'IS NULL', 'IS NOT NULL', ...differs];
    return operators
      .map((one) => offer(one, '', `${one} `))
      .filter(({ label }) => label.toLowerCase().startsWith(typed.toLowerCase()) && label !== typed);
  }
  if (last && last.kind !== 'word' && last.text !== '(') {
    return ['and', 'or']
      .map((one) => offer(one, '', `${one} `))
      .filter(({ label }) => label.startsWith(typed.toLowerCase()) && label !== typed);
  }
  const all = [
    ...keys.metrics.map((key) => ['metrics', key] as const),
    ...keys.params.map((key) => ['params', key] as const),
    ...keys.tags.map((key) => ['tags', key] as const),
  ].map(([group, key]) => offer(`${group}.${key}`, group, `${group}.${quoteKey(key)} `));
  const attributes = ATTRIBUTES.map((name) => offer(`attributes.${name}`, 'attribute', `attributes.${name} `));
  return [...all, ...attributes].filter(({ label }) => matches(label, typed.replace(/["`]/g, '')) && label !== typed).slice(0, MOST);
}

export const quoteKey = (key: string): string =>
  /^[\p{L}\p{N}_]+(\.[\p{L}\p{N}_]+)*$/u.test(key) ? key : `"${key.replaceAll('"', '""')}"`;

/** A part of the name is enough: who wants `metrics.val/auc` types `auc`. */
function matches(label: string, typed: string): boolean {
  return label.toLowerCase().includes(typed.toLowerCase());
}

/** Where the server says that the filter is wrong, as an index; null where it does not say. */
export function errorPlace(reason: string): number | null {
  const found = /(?:column|position|character)\s+(\d+)/i.exec(reason)?.[1];
  return found ? Number(found) - 1 : null;
}
