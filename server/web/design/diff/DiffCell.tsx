import type { CellPair, ShownCell, ShownOutput } from '@cellkeep/schema/design';
import { lazy, type ReactElement, Suspense, useRef } from 'react';
import { type Translate, useHost, useTranslate } from '../../host.ts';
import { Code } from '../../look/Code.tsx';
import { Icon } from '../../look/icons.tsx';
import { Skeleton } from '../../look/states.tsx';
import { useSeen } from '../../tracking/run/useSeen.ts';
import { Output } from '../outputs/Output.tsx';
import { imageUrl } from '../outputs/OutputImage.tsx';
import { shownAs } from '../outputs/shownAs.ts';
import { ImageCompare } from './ImageCompare.tsx';
import { pairOutputs } from './summary.ts';

const TextDiff = lazy(() => import('../../tracking/compare/TextDiff.tsx'));

/** One cell before and after: its source, and what it shows below it. */
export function DiffCell({
  pair,
  before,
  after,
  beforeId,
}: {
  pair: CellPair;
  before: ShownCell | undefined;
  after: ShownCell | undefined;
  /** Snapshot that the cell before is of. */
  beforeId: string;
}): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const place = useRef<HTMLElement>(null);
  const isSeen = useSeen(place);
  const { change, alsoMoved, alsoOutputs } = pair;
  const words = [
    changeWord(change, t),
    alsoMoved && change !== 'moved' && t('moved'),
    alsoOutputs && change !== 'outputs' && t('shows something else'),
  ];
  const number = after?.executionCount ?? before?.executionCount ?? ' ';
  const isThere = (!pair.before || before) && (!pair.after || after);
  return (
    <article
      ref={place}
      className="ck-diff-cell"
      data-change={change}
      aria-label={t('cell [{n}], {change}', { n: number, change: words.filter(Boolean).join(', ') })}
    >
      <header>
        <code>
          [{before ? (before.executionCount ?? ' ') : '–'}] → [{after ? (after.executionCount ?? ' ') : '–'}]
        </code>
        {words.map(
          (word) =>
            word && (
              <span key={word} className="ck-chip">
                {word}
              </span>
            ),
        )}
        {(change === 'moved' || alsoMoved) && pair.before && pair.after && (
          <span className="ck-dim">{t('from place {a} to {b}', { a: pair.before.index + 1, b: pair.after.index + 1 })}</span>
        )}
        <span className="ck-grow" />
        {host.restoreCells && pair.before && change !== 'moved' && (
          <button
            type="button"
            className="ck-btn ck-small"
            title={t('Put this cell back as it was before')}
            onClick={() => pair.before && host.restoreCells?.(beforeId, [pair.before.id], true)}
          >
            <Icon name="undo" size={12} /> {t('Put back')}
          </button>
        )}
      </header>
      {!isSeen || !isThere ? (
        <Skeleton rows={2} />
      ) : (
        <>
          {change === 'edited' && before && after ? (
            <Suspense fallback={<Skeleton rows={3} />}>
              <TextDiff before={before.source} after={after.source} names={[t('before'), t('after')]} />
            </Suspense>
          ) : (
            <div className={before && after ? undefined : 'ck-diff-columns'} data-only={before ? (after ? undefined : 'before') : 'after'}>
              <Code source={(after ?? before)?.source ?? ''} plain={(after ?? before)?.type !== 'code'} />
            </div>
          )}
          <Outputs before={before?.outputs ?? []} after={after?.outputs ?? []} pair={pair} />
        </>
      )}
    </article>
  );
}

function changeWord(change: CellPair['change'], t: Translate): string {
  const words: Record<CellPair['change'], string> = {
    same: t('unchanged'),
    edited: t('changed'),
    outputs: t('shows something else'),
    moved: t('moved'),
    added: t('added'),
    removed: t('removed'),
  };
  return words[change];
}

function Outputs({
  before,
  after,
  pair,
}: {
  before: readonly ShownOutput[];
  after: readonly ShownOutput[];
  pair: CellPair;
}): ReactElement | null {
  const t = useTranslate();
  if (before.length === 0 && after.length === 0) return null;
  if (pair.before && pair.after && !pair.alsoOutputs && pair.change !== 'outputs') {
    return (
      <div className="ck-outs" data-same>
        {after.map((output, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a cell may show one output twice
          <Output key={`${i} ${output.digest}`} output={output} />
        ))}
      </div>
    );
  }
  return (
    <>
      {pairOutputs(before, after).map(([was, is], i) => {
        const [a, b] = [pictureOf(was), pictureOf(is)];
        const key = `${i} ${was?.digest} ${is?.digest}`;
        if (a && b && was?.digest !== is?.digest) return <ImageCompare key={key} before={a} after={b} />;
        return (
          <div key={key} className="ck-diff-columns" data-same={was?.digest === is?.digest ? '' : undefined}>
            <div data-side="before">{was ? <Output output={was} /> : <span className="ck-faint">{pair.before && t('nothing')}</span>}</div>
            <div data-side="after">{is ? <Output output={is} /> : <span className="ck-faint">{pair.after && t('nothing')}</span>}</div>
          </div>
        );
      })}
    </>
  );
}

function pictureOf(output: ShownOutput | undefined): string | null {
  if (!output) return null;
  const shown = shownAs(Object.keys(output.data));
  return shown.as === 'image' ? imageUrl(shown.mime, output.data[shown.mime] ?? '') : null;
}
