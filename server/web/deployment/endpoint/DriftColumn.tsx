import type { ColumnCounts } from '@cellkeep/schema/deployment';
import type { ColumnBaseline } from '@cellkeep/schema/registry';
import type { ReactElement } from 'react';
import { useTranslate } from '../../host.ts';
import { groupThousands } from '../../look/format.ts';
import { formatShare } from '../numbers.ts';
import { binNames, levelOf, shares } from './bins.ts';

const WIDTH = 200;
const HEIGHT = 56;

interface Props {
  column: ColumnCounts;
  baseline: ColumnBaseline | null;
  /** Nothing is judged by it. */
  isOfExample: boolean;
}

/** One column: bars of now over the outline of training, and how far apart they are. */
export function DriftColumn({ column, baseline, isOfExample }: Props): ReactElement {
  const t = useTranslate();
  const { name, kind, counts, expected, psi, missing } = column;
  const now = shares(counts);
  const then = shares(expected);
  const names = binNames(baseline, Math.max(now.length, then.length));
  const highest = Math.max(...now, ...then, 1e-9);
  const step = WIDTH / Math.max(1, names.length);
  const y = (share: number) => HEIGHT - (share / highest) * (HEIGHT - 2);
  const level = levelOf(psi);
  const unjudged = isOfExample ? t('Nothing is judged by example rows') : t('Judged from 50 rows on');
  const words = { unknown: isOfExample ? t('not judged') : t('too few rows'), same: t('steady'), moved: t('moved'), far: t('moved far') };
  const total = counts.reduce((sum, count) => sum + count, 0);
  const outline = then.map((share, i) => `${i === 0 ? 'M' : 'L'}${i * step} ${y(share)}H${(i + 1) * step}`).join('');
  return (
    <li data-level={level}>
      <header>
        <b className="ck-drift-name" title={name}>
          {name}
        </b>
        {kind === 'prediction' && <span className="ck-faint">{t('answer')}</span>}
        <span className="ck-grow" />
        <span className="ck-drift-psi" data-level={level} title={psi === null ? unjudged : t('Population stability index {psi}', { psi })}>
          {words[level]}
          {psi !== null && ` ${psi.toFixed(2)}`}
        </span>
      </header>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={t('{name}: {word}', { name, word: words[level] })}
      >
        {now.map((share, i) => (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: bins are in their order and have no other name
            key={i}
            x={i * step + 0.5}
            y={y(share)}
            width={Math.max(0.5, step - 1)}
            height={HEIGHT - y(share)}
          >
            <title>{`${names[i]}: ${formatShare(share)} (${isOfExample ? t('example') : t('training')} ${formatShare(then[i] ?? 0)})`}</title>
          </rect>
        ))}
        <path d={outline} />
      </svg>
      <footer>
        <span title={names[0]}>{names[0]}</span>
        <span className="ck-grow" />
        {missing > 0 && <span className="ck-warned">{t('{share} missing', { share: formatShare(missing / (missing + total)) })}</span>}
        <span className="ck-grow" />
        <span title={names.at(-1)}>{names.at(-1)}</span>
      </footer>
      <span className="ck-spoken">{t('{n} rows', { n: groupThousands(total) })}</span>
    </li>
  );
}
