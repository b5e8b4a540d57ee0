/** `npm run bench -- tracking`, `-- design` or `-- serving`: measures, prints a table, keeps the figures in test-results/. Any answer that is wrong ends it with 1. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { benchDesign, PARTS as PARTS_OF_DESIGN, SIZES as SIZES_OF_DESIGN, WITHOUT_US } from './design/index.ts';
import type { Result } from './measure.ts';
import { stopPrograms } from './processes.ts';
import { benchServing, PARTS as PARTS_OF_SERVING, PEERS as PEERS_OF_SERVING, SIZES as SIZES_OF_SERVING } from './serving/index.ts';
import { installPeer, PEERS, type PeerName, versionOf } from './subjects/peers.ts';
import { stopAllPostgres } from './subjects/postgres.ts';
import { tableOf, writeIntoReadme } from './table.ts';
import { benchTracking, PARTS, SIZES } from './tracking/index.ts';

type AnyPeer = PeerName | (typeof PEERS_OF_SERVING)[number];

const HELP = `Usage: npm run bench -- tracking|design|serving [options]

  --peer NAME     measure a peer beside Cellkeep: of tracking ${PEERS.join(' or ')}, of serving ${PEERS_OF_SERVING.join(', ')}; may be given for each.
                  Installed in .build/bench the first time
  --only PART     of tracking one of ${PARTS.join(', ')}; of design one of ${PARTS_OF_DESIGN.join(', ')}; may be given several times
  --rounds N      rounds of each measurement (default 3)
  --quick         one round of small loads, to see that everything works
  --readme        put the table into README.md
  --help          show this`;

const TITLES: Record<AnyPeer, string> = { mlflow: 'MLflow', fasttrackml: 'FastTrackML', bentoml: 'BentoML', fastapi: 'FastAPI' };
const inCheckout = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const say = (line: string) => process.stderr.write(`${line}\n`);

async function main(): Promise<void> {
  const options = readOptions();
  if (!options) return;
  const { subject } = options;
  const peers: AnyPeer[] = [];
  for (const name of options.peers) {
    say(`  ${TITLES[name]} ${versionOf(name)}`);
    const installed = await installPeer(name).then(
      () => true,
      (error: unknown) => {
        say(`  ${TITLES[name]} cannot be installed here and is left out: ${lastLine(error)}`);
        return false;
      },
    );
    if (installed) peers.push(name);
  }
  const folder = mkdtempSync(join(tmpdir(), 'cellkeep-bench-'));
  chmodSync(folder, 0o711); // as root, Postgres runs as nobody, who must pass; else its data lie elsewhere, and stay
  try {
    const { results, size } = await SUBJECTS[subject]({ ...options, folder, peers });
    const named = { ...BESIDE[subject], ...Object.fromEntries(peers.map((name) => [name, `${TITLES[name]} ${versionOf(name)}`])) };
    const text = `${tableOf(results, named)}\n\n${captionOf(subject, size.rounds, peers)}`;
    keep(subject, { size, machine: machine(), peers: named, results });
    process.stdout.write(`${text}\n`);
    if (options.readme) writeIntoReadme(inCheckout('README.md'), subject, text);
  } finally {
    await stopPrograms();
    await stopAllPostgres();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Chosen {
  folder: string;
  /** Of the subject. */
  peers: AnyPeer[];
  /** Those of the subject; none: all. */
  only: string[];
  quick: boolean;
  rounds: number | undefined;
}

const SUBJECTS = {
  async tracking({ folder, peers, only, quick, rounds }: Chosen): Promise<{ results: Result[]; size: { rounds: number } }> {
    const size = withRounds(SIZES[quick ? 'quick' : 'full'], rounds);
    return { size, results: await benchTracking({ folder, size, peers: among(PEERS, peers), parts: partsOf(PARTS, only), say }) };
  },
  async design({ folder, only, quick, rounds }: Chosen): Promise<{ results: Result[]; size: { rounds: number } }> {
    const size = withRounds(SIZES_OF_DESIGN[quick ? 'quick' : 'full'], rounds);
    return { size, results: await benchDesign({ folder, size, parts: partsOf(PARTS_OF_DESIGN, only), say }) };
  },
  async serving({ folder, peers, quick, rounds }: Chosen): Promise<{ results: Result[]; size: { rounds: number } }> {
    const size = withRounds(SIZES_OF_SERVING[quick ? 'quick' : 'full'], rounds);
    return { size, results: await benchServing({ folder, size, peers: among(PEERS_OF_SERVING, peers), say }) };
  },
};
type SubjectName = keyof typeof SUBJECTS;

/** Contestants that need no installation and have a column of their own. */
const BESIDE: Record<SubjectName, Record<string, string>> = { tracking: {}, design: WITHOUT_US, serving: {} };
const PARTS_OF: Record<SubjectName, readonly string[]> = { tracking: PARTS, design: PARTS_OF_DESIGN, serving: PARTS_OF_SERVING };
const PEERS_OF: Record<SubjectName, readonly AnyPeer[]> = { tracking: PEERS, design: [], serving: PEERS_OF_SERVING };

const withRounds = <Size extends { rounds: number }>(size: Size, rounds: number | undefined): Size => ({
  ...size,
  rounds: rounds ?? size.rounds,
});

const among = <Name extends string>(names: readonly Name[], chosen: readonly string[]): Name[] =>
  names.filter((name) => chosen.includes(name));

const partsOf = <Name extends string>(parts: readonly Name[], only: readonly string[]): readonly Name[] =>
  only.length > 0 ? only.map((name) => known(parts, name, '--only')) : parts;

function known<Name extends string>(names: readonly Name[], given: string, option: string): Name {
  const found = names.find((name) => name === given);
  if (found === undefined) throw new Error(`${option} ${given}: choose one of ${names.join(', ')}`);
  return found;
}

function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      peer: { type: 'string', multiple: true },
      only: { type: 'string', multiple: true },
      rounds: { type: 'string' },
      quick: { type: 'boolean' },
      readme: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  const subject = positionals.join(' ');
  if (values.help || !Object.hasOwn(SUBJECTS, subject)) {
    process.stdout.write(`${HELP}\n`);
    if (!values.help) process.exitCode = 2;
    return null;
  }
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds >= 1 && rounds <= 100))
    throw new Error('--rounds: a number from 1 to 100');
  const only = values.only ?? [];
  partsOf<string>(PARTS_OF[subject as SubjectName], only); // before anything is installed
  if (subject === 'design' && values.peer) throw new Error('--peer: design is measured by itself');
  const peers = (values.peer ?? []).map((name) => known(PEERS_OF[subject as SubjectName], name, '--peer'));
  return {
    subject: subject as SubjectName,
    peers,
    only,
    quick: values.quick === true,
    rounds,
    readme: values.readme === true,
  };
}

const machine = () =>
  `${availableParallelism()} cores of ${cpus()[0]?.model ?? 'an unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;

function captionOf(subject: SubjectName, rounds: number, peers: readonly AnyPeer[]): string {
  const of = `Medians of ${rounds === 1 ? 'one round' : `${rounds} rounds`} (least–greatest) on ${machine()}; the client takes a share of these cores.`;
  if (subject === 'serving')
    return `${of} Rounds alternate, and a ratio is the median of the rounds' own ratios. A random forest of 100 trees, one row of 30 floats a request, over connections that stay open; Cellkeep with a token, validation, request log and counters on, in one host; BentoML with its adaptive batching, FastAPI with uvloop, ONNX Runtime and two workers.`;
  if (peers.length === 0) return of;
  return `${of} Rounds alternate, and a ratio is the median of the rounds' own ratios. All are sent the same requests in MLflow's protocol (Cellkeep with a token besides) by one client that acknowledges at once (\`TCP_QUICKACK\`), and all use PostgreSQL 18 with the same settings. Rows that name Cellkeep's own API are \`runs/{id}/log\`, \`ingest\`, \`metrics/history\` and \`runs/search\` below \`/api/v1\`.`;
}

function keep(subject: SubjectName, report: unknown): void {
  mkdirSync(inCheckout('test-results'), { recursive: true });
  writeFileSync(inCheckout(`test-results/bench-${subject}.json`), `${JSON.stringify(report, null, 2)}\n`);
}

const lastLine = (error: unknown) =>
  String(error instanceof Error ? error.message : error)
    .trim()
    .split('\n')
    .at(-1);

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    void Promise.allSettled([stopPrograms(), stopAllPostgres()]).then(() => process.exit(130));
  });
}
await main().catch((error: unknown) => {
  say(`bench: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
});
