/** Results as a Markdown table, and that table in the README. */
import { readFileSync, writeFileSync } from 'node:fs';
import { type Figure, short, type Unit } from './figures.ts';
import { OURS, type Result } from './measure.ts';

/** @param named contestants that have a column of their own, with their title; all others are bare limits */
export function tableOf(results: readonly Result[], named: Record<string, string>): string {
  const peers = Object.keys(named).filter((name) => results.some(({ figures }) => figures[name]));
  const head = ['work', 'Cellkeep', ...peers.flatMap((name) => [named[name] ?? name, 'times better']), 'bare limit (Cellkeep reaches)'];
  const rows = results.map((result) => [
    result.title,
    withRange(result.figures[OURS], result.unit),
    ...peers.flatMap((name) => [withRange(result.figures[name], result.unit), times(result.ratios[name])]),
    bareOf(result, peers),
  ]);
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function withRange(figure: Figure | undefined, unit: Unit): string {
  if (!figure) return '–';
  const { median, min, max } = figure;
  return `**${short(median)} ${unit}** (${short(min)}–${short(max)})`;
}

const times = (ratio: Figure | undefined) => (ratio ? `${short(ratio.median)}× (${short(ratio.min)}–${short(ratio.max)})` : '–');

function bareOf({ figures, ratios, unit }: Result, peers: readonly string[]): string {
  const bare = Object.keys(figures).filter((name) => name !== OURS && !peers.includes(name));
  const told = bare.map((name) => {
    const share = ratios[name]?.median;
    return `${name} ${short(figures[name]?.median ?? Number.NaN)} ${unit}${share === undefined ? '' : ` (${(share * 100).toFixed(0)} %)`}`;
  });
  return told.join(', ') || '–';
}

/** Puts the text between the two comments of the README that are for this subject ("tracking"). */
export function writeIntoReadme(file: string, subject: string, text: string): void {
  const first = `<!-- bench-${subject}: written by npm run bench -- ${subject} --readme -->`;
  const last = `<!-- /bench-${subject} -->`;
  const readme = readFileSync(file, 'utf8');
  const [begin, end] = [readme.indexOf(first), readme.indexOf(last)];
  if (begin < 0 || end < begin) throw new Error(`${file} lacks the lines ${first} and ${last}: add them where the table is to stand`);
  writeFileSync(file, `${readme.slice(0, begin + first.length)}\n\n${text}\n\n${readme.slice(end)}`);
}
