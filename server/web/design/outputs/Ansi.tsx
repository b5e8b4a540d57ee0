import { type CSSProperties, type ReactElement, useMemo, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { formatBytes } from '../../look/format.ts';
import { type AnsiRun, parseAnsi } from './ansi.ts';

const FIRST = 50_000; // characters laid out before somebody asks for all of them

/** Text of a terminal with its colours, as elements that React makes: nothing of it is ever markup. */
export function Ansi({ source, isError = false }: { source: string; isError?: boolean }): ReactElement {
  const t = useTranslate();
  const [isAll, setAll] = useState(false);
  const isCut = !isAll && source.length > FIRST;
  const runs = useMemo(() => parseAnsi(isCut ? source.slice(0, FIRST) : source), [source, isCut]);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
      <pre className="ck-out-text" data-error={isError ? '' : undefined} tabIndex={0}>
        {runs.map((run, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: runs are in the order of the text and have no other name
          <Run key={i} run={run} />
        ))}
      </pre>
      {isCut && (
        <button type="button" className="ck-btn ck-small" onClick={() => setAll(true)}>
          {t('Show all {size}', { size: formatBytes(source.length) })}
        </button>
      )}
    </>
  );
}

function Run({ run }: { run: AnsiRun }): ReactElement {
  const { text, fg, bg, inverse, ...flags } = run;
  const names = Object.keys(flags).join(' ');
  if (fg === undefined && bg === undefined && !inverse && !names) return <>{text}</>;
  const [front, back] = inverse ? [bg ?? 'back', fg ?? 'front'] : [fg, bg];
  const style: CSSProperties = {};
  if (typeof front === 'string' && front.startsWith('rgb')) style.color = front;
  if (typeof back === 'string' && back.startsWith('rgb')) style.backgroundColor = back;
  return (
    <span
      data-look={names || undefined}
      data-fg={style.color ? undefined : front}
      data-bg={style.backgroundColor ? undefined : back}
      style={style}
    >
      {text}
    </span>
  );
}
