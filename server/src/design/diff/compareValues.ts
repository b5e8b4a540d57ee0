/** What else differs between two snapshots: each named thing as text, before and after; null where it was not there. */
import type { Environment, KernelRecord, SnapshotDiff, ValueChange } from '@cellkeep/schema/design';

type Named = ReadonlyMap<string, string>;

/** In the order of their names. */
export function compareNamed(before: Named, after: Named): ValueChange[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.flatMap((name) => {
    const change = { name, before: before.get(name) ?? null, after: after.get(name) ?? null };
    return change.before === change.after ? [] : [change];
  });
}

const named = <T>(things: readonly T[], entry: (thing: T) => [string, string]): Map<string, string> => new Map(things.map(entry));

/** Names as PEP 503 compares them. */
const packageName = (name: string) => name.toLowerCase().replace(/[-_.]+/g, '-');

export function comparePackages(before: Environment | null, after: Environment | null): ValueChange[] {
  const [old, young] = [before, after].map((one) => new Map((one?.packages ?? []).map((found) => [packageName(found.name), found])));
  const names = [...new Set([...(old?.keys() ?? []), ...(young?.keys() ?? [])])].sort();
  return names.flatMap((name): ValueChange[] => {
    const [was, is] = [old?.get(name), young?.get(name)];
    if (was?.version !== is?.version) return [{ name, before: was?.version ?? null, after: is?.version ?? null }];
    const inFull = (one: typeof was) =>
      `${one?.version ?? ''}${one?.source ? ` from ${one.source}` : ''}${one?.hash ? ` ${one.hash.slice(0, 12)}` : ''}`;
    // A hash that one side could not read says nothing.
    const isOther = was && is && (was.source !== is.source || (was.hash !== is.hash && was.hash !== '' && is.hash !== ''));
    return isOther ? [{ name, before: inFull(was), after: inFull(is) }] : [];
  });
}

export function compareMachines(before: Environment | null, after: Environment | null): ValueChange[] {
  return compareNamed(machineOf(before), machineOf(after));
}

function machineOf(environment: Environment | null): Named {
  if (!environment) return new Map();
  const { python, implementation, language, os, machine, cpu, cpuCount, memoryBytes, gpus } = environment;
  const facts: [string, string][] = [
    ['Python', [implementation, python].filter(Boolean).join(' ')],
    ['language', language ? `${language.name} ${language.version}` : ''],
    ['operating system', os],
    ['machine', machine],
    ['CPU', cpu],
    ['CPUs', cpuCount === 0 ? '' : String(cpuCount)],
    ['memory', memoryBytes === 0 ? '' : `${memoryBytes} bytes`],
    ['GPUs', gpus.map((gpu) => `${gpu.name}, ${gpu.memoryBytes} bytes, driver ${gpu.driver}`).join('; ')],
  ];
  return new Map(facts.filter(([, value]) => value !== ''));
}

type FromKernel = Pick<SnapshotDiff, 'variables' | 'git' | 'files' | 'data' | 'seeds'>;

export function compareKernels(before: KernelRecord | null, after: KernelRecord | null): FromKernel {
  const entries = (record: KernelRecord | null) => new Map(Object.entries(record?.variables ?? {}));
  return {
    variables: compareNamed(entries(before), entries(after)),
    git: compareNamed(gitOf(before), gitOf(after)),
    files: compareFiles(before, after),
    data: compareNamed(dataOf(before), dataOf(after)),
    seeds: compareNamed(seedsOf(before), seedsOf(after)),
  };
}

function gitOf(record: KernelRecord | null): Named {
  if (!record?.git) return new Map();
  const { commit, branch, dirty, remote, diff } = record.git;
  const facts: [string, string][] = [
    ['commit', commit],
    ['branch', branch],
    ['remote', remote],
    ['uncommitted changes', dirty ? (diff ?? 'yes') : 'no'],
  ];
  return new Map(facts.filter(([, value]) => value !== ''));
}

function compareFiles(before: KernelRecord | null, after: KernelRecord | null): SnapshotDiff['files'] {
  const [old, young] = [before, after].map((record) => new Map((record?.files ?? []).map((file) => [file.path, file])));
  const paths = [...new Set([...(old?.keys() ?? []), ...(young?.keys() ?? [])])].sort();
  return paths.flatMap((path) => {
    const [was, is] = [old?.get(path), young?.get(path)];
    if (was && is && was.digest === is.digest && was.size === is.size) return [];
    const inWords = (file: typeof was) => (file ? (file.size === null ? 'gone' : `${file.size} bytes`) : null);
    return [{ name: path, before: inWords(was), after: inWords(is), beforeDigest: was?.digest ?? null, afterDigest: is?.digest ?? null }];
  });
}

const dataOf = (record: KernelRecord | null): Named =>
  named(record?.data ?? [], ({ kind, name, version, digest }) => [`${kind} ${name}`, [version, digest].filter(Boolean).join(' ')]);

/** A generator may be seeded several times: all of its seeds, in their order. */
function seedsOf(record: KernelRecord | null): Named {
  const byGenerator = new Map<string, string>();
  for (const { generator, seed } of record?.seeds ?? []) {
    const there = byGenerator.get(generator);
    byGenerator.set(generator, `${there === undefined ? '' : `${there}, `}${seed ?? 'unknown'}`);
  }
  return byGenerator;
}
