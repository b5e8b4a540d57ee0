/** `npm run bench -- tracking` or `-- design`: measures, prints a table, keeps the figures in test-results/. Any answer that is wrong ends it with 1. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { benchDesign, PARTS as PARTS_OF_DESIGN, SIZES as SIZES_OF_DESIGN, WITHOUT_US } from './design/index.ts';
import type { Result } from './measure.ts';
import { stopPrograms } from './processes.ts';
import { installPeer, PEERS, type PeerName, versionOf } from './subjects/peers.ts';
import { stopAllPostgres } from './subjects/postgres.ts';
import { tableOf, writeIntoReadme } from './table.ts';
import { benchTracking, PARTS, SIZES } from './tracking/index.ts';

const HELP = `Usage: npm run bench -- tracking|design [options]

  --peer NAME     of tracking, measure a peer beside Cellkeep: ${PEERS.join(' or ')}; may be given for each. Installed in .build/bench the first time
  --only PART     of tracking one of ${PARTS.join(', ')}; of design one of ${PARTS_OF_DESIGN.join(', ')}; may be given several times
  --rounds N      rounds of each measurement (default 3)
  --quick         one round of small loads, to see that everything works
  --readme        put the table into README.md
  --help          show this`;

const TITLES: Record<PeerName, string> = { mlflow: 'MLflow', fasttrackml: 'FastTrackML' };
const inCheckout = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const say = (line: string) => process.stderr.write(`${line}\n`);

async function main(): Promise<void> {
  const options = readOptions();
  if (!options) return;
  const { subject } = options;
  const peers: PeerName[] = [];
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
    const text = `${tableOf(results, named)}\n\n${captionOf(size.rounds, peers)}`;
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
  peers: PeerName[];
  /** Those of the subject; none: all. */
  only: string[];
  quick: boolean;
  rounds: number | undefined;
}

const SUBJECTS = {
  async tracking({ folder, peers, only, quick, rounds }: Chosen): Promise<{ results: Result[]; size: { rounds: number } }> {
    const size = withRounds(SIZES[quick ? 'quick' : 'full'], rounds);
    return { size, results: await benchTracking({ folder, size, peers, parts: partsOf(PARTS, only), say }) };
  },
  async design({ folder, only, quick, rounds }: Chosen): Promise<{ results: Result[]; size: { rounds: number } }> {
    const size = withRounds(SIZES_OF_DESIGN[quick ? 'quick' : 'full'], rounds);
    return { size, results: await benchDesign({ folder, size, parts: partsOf(PARTS_OF_DESIGN, only), say }) };
  },
};
type SubjectName = keyof typeof SUBJECTS;

/** Contestants that need no installation and have a column of their own. */
const BESIDE: Record<SubjectName, Record<string, string>> = { tracking: {}, design: WITHOUT_US };

const withRounds = <Size extends { rounds: number }>(size: Size, rounds: number | undefined): Size => ({
  ...size,
  rounds: rounds ?? size.rounds,
});

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
  partsOf<string>(subject === 'design' ? PARTS_OF_DESIGN : PARTS, only); // before anything is installed
  const peers = (values.peer ?? []).map((name) => known(PEERS, name, '--peer'));
  if (subject === 'design' && peers.length > 0) throw new Error('--peer: design is measured by itself');
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

function captionOf(rounds: number, peers: readonly PeerName[]): string {
  const of = `Medians of ${rounds === 1 ? 'one round' : `${rounds} rounds`} (least–greatest) on ${machine()}; the client takes a share of these cores.`;
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
