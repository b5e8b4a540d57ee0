/** What is known of a version from its bundle, its logged model and its run: the first that says it is believed. */
import type { Evaluation, VersionDetails } from '@cellkeep/schema/registry';
import { toWire, type WireFloat } from '@cellkeep/schema/wire';
import type { Db } from '../../core/context.ts';
import { type LastPoints, readRunRecords } from '../../tracking/index.ts';
import { newestEvaluations } from '../evaluate/evaluations.ts';
import { readLoggedModels } from '../readLoggedModels.ts';

export interface VersionFacts {
  details: VersionDetails;
  params: Record<string, string>;
  metrics: Record<string, WireFloat>;
  /** The newest that is done, of each set. */
  evaluations: Evaluation[];
  /** By name, what was installed; empty where nobody said. */
  packages: Record<string, string>;
  /** By name, what the model asks for. */
  requirements: Record<string, string>;
  python: string | null;
  data: { name: string; version: string; digest: string }[];
  run: { id: string; name: string; startedAt: number; endedAt: number | null; user: string } | null;
}

export async function factsOf(db: Db, workspaceId: string, modelId: string, details: VersionDetails): Promise<VersionFacts> {
  const { version, bundle } = details;
  const runId = bundle?.origin.runId ?? version.runId;
  const [logged, runs, evaluations, environment] = await Promise.all([
    version.loggedModelId === null ? [] : readLoggedModels(db, workspaceId, [version.loggedModelId]),
    /^[0-9a-f]{32}$/.test(runId) ? readRunRecords(db, workspaceId, [runId]) : null,
    newestEvaluations(db, modelId, [version.version]),
    environmentOf(db, workspaceId, bundle?.origin.snapshotId ?? null),
  ]);
  const [model, run] = [logged[0], runs?.records[0]];
  const required = Object.fromEntries((bundle?.python?.requirements ?? []).flatMap(pinned));
  const inputs = run?.inputs.map(({ dataset: { name, digest } }) => ({ name, version: digest, digest })) ?? [];
  return {
    details,
    params: { ...run?.params, ...model?.params, ...bundle?.params },
    metrics: {
      ...lastPoints(run?.metrics ?? null),
      ...Object.fromEntries((model?.metrics ?? []).map(({ key, value }) => [key, value])),
      ...bundle?.metrics,
    },
    evaluations: evaluations.get(version.version) ?? [],
    packages: { ...environment?.packages, ...required },
    requirements: required,
    python: bundle?.python?.version ?? environment?.python ?? null,
    data: bundle && bundle.origin.data.length > 0 ? bundle.origin.data : inputs,
    run: run ? { id: run.id, name: run.name, startedAt: run.startedAt, endedAt: run.endedAt, user: run.user } : null,
  };
}

/** How busy the machine was (`system/…`) says nothing of a model. */
function lastPoints(points: LastPoints | null): Record<string, WireFloat> {
  const all = (points?.keys ?? []).map((key, i): [string, WireFloat] => [key, toWire(points?.values[i] as number)]);
  return Object.fromEntries(all.filter(([key]) => !key.startsWith('system/')));
}

/** "scikit-learn==1.7.2"; what pins nothing is left out. */
function pinned(requirement: string): [string, string][] {
  const [, name, version] = /^\s*([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*===?\s*([^\s;,]+)/.exec(requirement) ?? [];
  return name && version ? [[nameOfPackage(name), version]] : [];
}

/** One name for one package, as PEP 503 has it. */
const nameOfPackage = (name: string) => name.toLowerCase().replace(/[-_.]+/g, '-');

async function environmentOf(db: Db, workspaceId: string, snapshotId: string | null) {
  if (snapshotId === null) return null;
  const [row] = await db<{ python: string; packages: { name: string; version: string }[] }[]>`
    select e.body ->> 'python' as python, coalesce(e.body -> 'packages', '[]') as packages
    from snapshots s join environments e on e.workspace_id = s.workspace_id and encode(e.digest, 'hex') = s.kernel ->> 'environment'
    where s.id = ${snapshotId} and s.workspace_id = ${workspaceId}`;
  if (!row) return null;
  return { python: row.python, packages: Object.fromEntries(row.packages.map(({ name, version }) => [nameOfPackage(name), version])) };
}
