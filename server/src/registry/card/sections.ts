/** The sections of a model card, made from what is known. What nobody can know but a person says so, and asks. */
import { type Column, columnsLookedAt, type Evaluation, type ModelCard, worstNamedSlice } from '@cellkeep/schema/registry';
import { fromWire, type WireFloat } from '@cellkeep/schema/wire';
import type { VersionFacts } from '../version/facts.ts';
import { block, code, plain, table } from './markdown.ts';

export type SectionKey = ModelCard['sections'][number]['key'];

export const SECTIONS: readonly { key: SectionKey; title: string; write: (facts: VersionFacts) => string }[] = [
  { key: 'summary', title: 'Summary', write: summary },
  { key: 'intended-use', title: 'Intended use', write: () => ask('what it may be used for, by whom, and what for not') },
  { key: 'data', title: 'Data', write: data },
  { key: 'training', title: 'Training', write: training },
  { key: 'evaluation', title: 'Evaluation', write: evaluation },
  { key: 'limitations', title: 'Limitations', write: limitations },
  { key: 'ethics', title: 'Ethics', write: () => ask('whom its errors hurt, and what was done about it') },
  { key: 'reproduce', title: 'How to reproduce', write: reproduce },
  { key: 'contact', title: 'Contact', write: contact },
];

const MOST_ROWS = 50;

const ask = (what: string) => `*Nobody has written yet ${what}.*`;
const day = (at: number) => new Date(at).toISOString().slice(0, 10);
const number = (value: WireFloat) => String(Number(fromWire(value).toPrecision(4)));

function summary({ details: { version, bundle, endpoints } }: VersionFacts): string {
  const lines = [
    `Version ${version.version} of ${code(version.name)}, registered by ${plain(version.userName)} on ${day(version.createdAt)}.`,
  ];
  if (bundle) {
    const { framework, frameworkVersion, className, task, runtime, sizeBytes, signature, classes } = bundle;
    const made = `${plain(framework)}${frameworkVersion ? ` ${plain(frameworkVersion)}` : ''}`;
    const kind = task === 'other' ? 'A model' : `A ${task} model`;
    lines.push(
      `${kind}, ${code(className)}, made with ${made}; ${megabytes(sizeBytes)}, served by ${runtime === 'python' ? 'a Python worker' : runtime}.`,
    );
    lines.push(
      `It takes ${count(signature.inputs.length, 'column')} and answers ${signature.outputs.map(({ name }) => code(name)).join(', ') || 'one value'}${classes ? `, one of ${count(classes.length, 'class', 'classes')}` : ''}.`,
    );
  } else lines.push('It was registered without a bundle: what it takes and answers is not known here.');
  if (version.description) lines.push(version.description);
  if (endpoints.length > 0) lines.push(`It serves ${endpoints.map(({ endpoint, role }) => `${code(endpoint)} (${role})`).join(', ')}.`);
  return lines.join('\n\n');
}

const count = (n: number, one: string, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;
const megabytes = (bytes: number) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toPrecision(3)} MB`);

function data({ data }: VersionFacts): string {
  if (data.length === 0) return ask('which data it was trained on; no dataset was logged');
  const rows = data
    .slice(0, MOST_ROWS)
    .map(({ name, version, digest }) => [code(name), version ? code(version) : '', digest ? code(digest) : '']);
  return table(['dataset', 'version', 'digest'], rows) + more(data.length);
}

const more = (length: number) => (length > MOST_ROWS ? `\n\n… and ${length - MOST_ROWS} more.` : '');

function training({ details: { bundle }, run, params, metrics }: VersionFacts): string {
  const parts: string[] = [];
  if (run) {
    const took = run.endedAt === null ? '' : `, which took ${Math.max(0, (run.endedAt - run.startedAt) / 1_000).toFixed(1)} s`;
    parts.push(`Run ${code(run.name)} (${code(run.id)}) by ${plain(run.user)} on ${day(run.startedAt)}${took}.`);
  }
  const origin = bundle?.origin;
  if (origin?.notebookPath)
    parts.push(
      `Made in the notebook ${code(origin.notebookPath)}${origin.executionOrder === null ? '' : `, execution ${origin.executionOrder}`}.`,
    );
  parts.push(
    ...facts(
      'param',
      Object.entries(params).map(([key, value]) => [code(key), code(short(value))]),
    ),
  );
  parts.push(
    ...facts(
      'metric',
      Object.entries(metrics).map(([key, value]) => [code(key), number(value)]),
    ),
  );
  return parts.length > 0 ? parts.join('\n\n') : ask('how it was trained; it names no run');
}

const short = (value: string) => (value.length > 200 ? `${value.slice(0, 200)}…` : value);

function facts(head: string, rows: string[][]): string[] {
  return rows.length === 0 ? [] : [table([head, 'value'], rows.sort().slice(0, MOST_ROWS)) + more(rows.length)];
}

function evaluation({ evaluations }: VersionFacts): string {
  if (evaluations.length === 0) return 'It was not asked with an evaluation set yet.';
  return evaluations.map(oneEvaluation).join('\n\n');
}

function oneEvaluation(given: Evaluation): string {
  const { setName, results, latencyUs, at } = given;
  const metrics = [...new Set(results.map(({ metric }) => metric))];
  const slices = [...new Set(results.map(({ slice }) => slice))];
  const rows = slices.slice(0, MOST_ROWS).map((slice) => {
    const own = results.filter((one) => one.slice === slice);
    const values = metrics.map((metric) => own.find((one) => one.metric === metric)?.value);
    return [
      slice === null ? '**all rows**' : plain(slice),
      String(own[0]?.rows ?? 0),
      ...values.map((value) => (value === undefined ? '' : number(value))),
    ];
  });
  const latency =
    latencyUs === null
      ? ''
      : ` Median of one row: ${latencyUs < 1_000 ? `${Math.round(latencyUs)} µs` : `${(latencyUs / 1_000).toPrecision(3)} ms`}.`;
  return `On ${code(setName)}, ${day(at)}.${latency}\n\n${table(['slice', 'rows', ...metrics.map(code)], rows)}${more(slices.length)}${worstSlices(results)}${foundSlices(given)}`;
}

type Worst = Pick<Evaluation['worst'][number], 'metric' | 'slice' | 'rows' | 'value' | 'whole'>;

/** For each metric the slice on which it is worst, where it is worse than on all rows. */
function worstSlices(results: Evaluation['results']): string {
  const found = results
    .filter(({ slice }) => slice === null)
    .flatMap(({ metric, value: whole }): Worst[] => {
      const worst = worstNamedSlice(metric, results);
      return worst ? [{ ...worst, whole }] : [];
    });
  return worstTable('Of these slices it is worst on:', found);
}

/** The worst of each metric among the slices that nobody named. */
function foundSlices({ worst, results }: Evaluation): string {
  const columns = columnsLookedAt(results.find(({ slice }) => slice === null)?.rows ?? 0);
  const of = `of the values and quartiles of each column, the first ${columns} at most`;
  return worstTable(`Slices that nobody named on which it is worst (${of}):`, worst);
}

function worstTable(title: string, worst: readonly Worst[]): string {
  if (worst.length === 0) return '';
  const rows = worst
    .slice(0, MOST_ROWS)
    .map(({ metric, slice, rows, value, whole }) => [code(metric), plain(slice), String(rows), number(value), number(whole)]);
  return `\n\n${title}\n\n${table(['metric', 'slice', 'rows', 'there', 'on all rows'], rows)}${more(worst.length)}`;
}

function limitations({ details: { bundle } }: VersionFacts): string {
  if (!bundle) return ask('where it fails; what it was trained on is not known here');
  const seen = bundle.signature.inputs.flatMap((column): string[][] => {
    const range = rangeOf(column);
    return range === null ? [] : [[code(column.name), column.type, range]];
  });
  const parts = ['Outside of what training saw, its answers are guesses. It saw:'];
  if (seen.length === 0) return 'What training saw of each column was not recorded.';
  parts.push(table(['column', 'type', 'seen in training'], seen.slice(0, MOST_ROWS)) + more(seen.length));
  const { maxDifference, labelsDiffer, tolerance, rows } = bundle.export;
  if (maxDifference !== null) {
    const asked = rows.example + rows.random;
    const labels = labelsDiffer > 0 ? `, and ${count(labelsDiffer, 'label')} differed` : '';
    parts.push(
      `Exported, it answers as the original within ${number(maxDifference)} on ${count(asked, 'row')} (${tolerance} was allowed)${labels}.`,
    );
  }
  return parts.join('\n\n');
}

const MOST_CATEGORIES = 20;
const rounded = (value: number) => String(Number(value.toPrecision(6)));

function rangeOf({ min, max, categories }: Column): string | null {
  if (categories) {
    const shown = categories
      .slice(0, MOST_CATEGORIES)
      .map((value) => code(short(String(value))))
      .join(', ');
    return categories.length > MOST_CATEGORIES ? `${shown}, … ${categories.length} values` : shown;
  }
  return min === null && max === null ? null : `${min === null ? '−∞' : rounded(min)} … ${max === null ? '∞' : rounded(max)}`;
}

function reproduce({ details: { version, bundle }, run, packages, requirements, python }: VersionFacts): string {
  const parts: string[] = [];
  const origin = bundle?.origin;
  if (run) parts.push(`Execute the run again and compare what comes out:\n\n${block('sh', `cellkeep verify ${run.id}`)}`);
  if (origin?.snapshotId) parts.push(`The notebook as it was: snapshot ${code(origin.snapshotId)}.`);
  if (origin?.commit) parts.push(`Commit ${code(origin.commit)}.`);
  parts.push(
    `Load it:\n\n${block('python', `import mlflow\nmodel = mlflow.pyfunc.load_model(${JSON.stringify(`models:/${version.name}/${version.version}`)})`)}`,
  );
  // What the model itself asks for says more than all that was installed beside it.
  const needed = Object.keys(requirements).length > 0 ? requirements : packages;
  const pinned = Object.entries(needed).sort(([a], [b]) => (a < b ? -1 : 1));
  if (pinned.length > 0) {
    const list = pinned
      .slice(0, MOST_ROWS)
      .map(([name, at]) => `${name}==${at}`)
      .join('\n');
    parts.push(
      `${python ? `Python ${plain(python)}, with` : 'With'} ${count(pinned.length, 'package')}:\n\n${block('text', list)}${more(pinned.length)}`,
    );
  } else if (python) parts.push(`Python ${plain(python)}.`);
  return parts.join('\n\n');
}

function contact({ details: { version } }: VersionFacts): string {
  return `Registered by ${plain(version.userName)}.`;
}
