/** One block of a report: its chart, or what is wrong with it, at its line. */
import type { ReportBlock } from '@cellkeep/schema/collaboration';
import type { Experiment } from '@cellkeep/schema/tracking';
import { useQueries } from '@tanstack/react-query';
import { memo, type ReactElement, useMemo } from 'react';
import type { RunsSource } from '../charts/chartRuns.ts';
import { useTranslate } from '../host.ts';
import { useClient } from '../live/shared.ts';
import { Code } from '../look/Code.tsx';
import { Icon } from '../look/icons.tsx';
import { ErrorState, Skeleton } from '../look/states.tsx';
import { BlockChart } from './BlockChart.tsx';
import { type Problem, parseBlock } from './reportBlocks.ts';

export const ReportChart = memo(function ReportChart({ text, line }: { text: string; line: number }): ReactElement {
  const read = useMemo(() => parseBlock(text), [text]);
  if ('problems' in read) return <Wrong problems={read.problems} text={text} line={line} />;
  return <Found block={read.block} text={text} line={line} />;
});

function Found({ block, text, line }: { block: ReportBlock; text: string; line: number }): ReactElement {
  const t = useTranslate();
  const names = useMemo(() => [block.experiment ?? []].flat().map(String), [block.experiment]);
  const experiments = useExperimentsNamed(block.runs ? NONE : names);
  const { missing, ids } = experiments;
  const joined = ids.join();
  const source = useMemo((): RunsSource => {
    if (block.runs) return { runIds: block.runs };
    const orderBy = block.order
      ? [{ by: block.order.replace(/^-/, ''), direction: block.order.startsWith('-') ? ('desc' as const) : ('asc' as const) }]
      : [];
    return {
      ...(joined ? { experimentIds: joined.split(',') } : {}),
      ...{ filter: block.filter ?? '', orderBy, limit: block.limit ?? (block.chart === 'curves' || block.chart === 'table' ? 20 : 200) },
    };
  }, [block, joined]);
  if (experiments.error) return <ErrorState error={experiments.error} onRetry={experiments.refetch} />;
  if (missing.length > 0) {
    const at = text.split('\n').findIndex((row) => /^\s*"?experiment/.test(row)) + 1;
    const problems = missing.map((name) => ({
      line: Math.max(1, at),
      reason: t('there is no experiment {name}', { name: JSON.stringify(name) }),
    }));
    return <Wrong problems={problems} text={text} line={line} />;
  }
  return (
    <section className="ck-report-chart" data-chart={block.chart} aria-label={block.title ?? block.chart}>
      {block.title && <h3 className="ck-report-chart-title">{block.title}</h3>}
      {experiments.isLoading ? <Skeleton rows={4} /> : <BlockChart block={block} source={source} />}
    </section>
  );
}

const NONE: string[] = [];

/** Experiments by name or id. A name that looks like an id is taken for a name first. */
function useExperimentsNamed(names: readonly string[]) {
  const client = useClient();
  const find = async (name: string, signal: AbortSignal): Promise<string | null> => {
    const { experiments } = await client.tracking.experiments.list({ name, limit: 1_000 }, { signal });
    const named = experiments.find((one: Experiment) => one.name === name);
    if (named || !/^\d{1,18}$/.test(name)) return named?.id ?? null;
    return (await client.tracking.experiments.get({ id: name }, { signal }).catch(() => null))?.id ?? null;
  };
  return useQueries({
    queries: names.map((name) => ({
      queryKey: ['experiments', 'named', name],
      staleTime: 60_000,
      queryFn: ({ signal }: { signal: AbortSignal }) => find(name, signal),
    })),
    combine: (answers) => ({
      ids: answers.flatMap(({ data }) => data ?? []),
      missing: names.filter((_, at) => answers[at]?.data === null),
      isLoading: answers.some(({ isLoading }) => isLoading),
      error: answers.find(({ error }) => error)?.error ?? null,
      refetch: () => {
        for (const answer of answers) if (answer.isError) void answer.refetch();
      },
    }),
  });
}

/** @param line of the report at which the block's fence stands */
function Wrong({ problems, text, line }: { problems: readonly Problem[]; text: string; line: number }): ReactElement {
  const t = useTranslate();
  return (
    <section className="ck-block-wrong" role="alert" aria-label={t('A chart that cannot be drawn')}>
      <h3 className="ck-block-title">
        <Icon name="warn" size={14} /> {t('This chart cannot be drawn')}
      </h3>
      <ul>
        {problems.map((problem) => (
          <li key={`${problem.line} ${problem.reason}`}>
            <b>{t('Line {n}', { n: line + problem.line })}</b> {problem.reason}
          </li>
        ))}
      </ul>
      <Code source={text.trimEnd()} plain />
    </section>
  );
}
