/** `npm run bench -- tracking`: measures, prints a table, keeps the figures in test-results/. Any answer that is wrong ends it with 1. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { stopPrograms } from './processes.ts';
import { installPeer, PEERS, type PeerName, versionOf } from './subjects/peers.ts';
import { stopAllPostgres } from './subjects/postgres.ts';
import { tableOf, writeIntoReadme } from './table.ts';
import { benchTracking, PARTS, type Part, SIZES } from './tracking/index.ts';

const HELP = `Usage: npm run bench -- tracking [options]

  --peer NAME     measure a peer beside Cellkeep: ${PEERS.join(' or ')}; may be given for each. Installed in .build/bench the first time
  --only PART     one of ${PARTS.join(', ')}; may be given several times
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
  const { parts, quick } = options;
  const size = { ...SIZES[quick ? 'quick' : 'full'], ...(options.rounds === undefined ? {} : { rounds: options.rounds }) };
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
    const results = await benchTracking({ folder, size, peers, parts, say });
    const named = Object.fromEntries(peers.map((name) => [name, `${TITLES[name]} ${versionOf(name)}`]));
    const text = `${tableOf(results, named)}\n\n${captionOf(size.rounds, peers)}`;
    keep({ size, machine: machine(), peers: named, results });
    process.stdout.write(`${text}\n`);
    if (options.readme) writeIntoReadme(inCheckout('README.md'), text);
  } finally {
    await stopPrograms();
    await stopAllPostgres();
    rmSync(folder, { recursive: true, force: true });
  }
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
  if (values.help || positionals.join(' ') !== 'tracking') {
    process.stdout.write(`${HELP}\n`);
    if (!values.help) process.exitCode = 2;
    return null;
  }
  const known = <Name extends string>(names: readonly Name[], given: string, option: string): Name => {
    const found = names.find((name) => name === given);
    if (found === undefined) throw new Error(`${option} ${given}: choose one of ${names.join(', ')}`);
    return found;
  };
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds >= 1 && rounds <= 100))
    throw new Error('--rounds: a number from 1 to 100');
  return {
    peers: (values.peer ?? []).map((name) => known(PEERS, name, '--peer')),
    parts: values.only ? values.only.map((name): Part => known(PARTS, name, '--only')) : PARTS,
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

function keep(report: unknown): void {
  mkdirSync(inCheckout('test-results'), { recursive: true });
  writeFileSync(inCheckout('test-results/bench-tracking.json'), `${JSON.stringify(report, null, 2)}\n`);
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
