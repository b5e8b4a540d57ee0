/**
 * One output of a cell. All of it is untrusted: it may have been made by a notebook that somebody else wrote. Text is text, pictures are
 * <img>, HTML is made anew from what is allowed (safeHtml.ts), Markdown is that of notes, and no program in it ever runs.
 */
import type { ShownOutput } from '@cellkeep/schema/design';
import { type ReactElement, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { useShared } from '../../live/shared.ts';
import { Boundary } from '../../look/Boundary.tsx';
import { Code } from '../../look/Code.tsx';
import { formatBytes } from '../../look/format.ts';
import { Icon } from '../../look/icons.tsx';
import { Markdown } from '../../look/Markdown.tsx';
import { errorText } from '../../look/states.tsx';
import { partUrl, usePart } from '../queries.ts';
import { Ansi } from './Ansi.tsx';
import { Html } from './Html.tsx';
import { OutputImage } from './OutputImage.tsx';
import { outputOfPart } from './outputOfPart.ts';
import { type Shown, shownAs } from './shownAs.ts';

const MOST_SHOWN = 20_000_000; // bytes; a page that lays out more is felt

/** An output that breaks what draws it is named in its place; the notebook around it stays. */
export function Output({ output }: { output: ShownOutput }): ReactElement {
  return (
    <Boundary of={output.digest} otherwise={(error) => <Broken digest={output.digest} error={error} />}>
      <WholeOutput output={output} />
    </Boundary>
  );
}

function Broken({ digest, error }: { digest: string; error: unknown }): ReactElement {
  const t = useTranslate();
  const { connection } = useShared();
  return (
    <div className="ck-out">
      <p className="ck-out-note">
        <span className="ck-bad">
          <Icon name="warn" size={13} /> {t('This output cannot be shown: {reason}', { reason: errorText(error, t) })}
        </span>
        <a className="ck-btn ck-small" href={partUrl(connection, digest)} download={fileName(digest)}>
          {t('Download it')}
        </a>
      </p>
    </div>
  );
}

const fileName = (digest: string) => `${digest.slice(0, 12)}.json`;

function WholeOutput({ output }: { output: ShownOutput }): ReactElement {
  const t = useTranslate();
  const { connection } = useShared();
  const [isWhole, setWhole] = useState(false);
  const { data, error, isFetching } = usePart(isWhole && output.cut.length > 0 ? output.digest : null);
  const whole = data === undefined ? output : outputOfPart(output.digest, data);
  return (
    <div className="ck-out" data-type={whole.type} data-stream={whole.name || undefined}>
      <OutputBody output={whole} />
      {output.cut.length > 0 && data === undefined && (
        <p className="ck-out-note">
          <span>
            {t('{types}: {size} in all, not all of it is shown.', { types: output.cut.join(', '), size: formatBytes(output.size) })}
          </span>
          {output.size > MOST_SHOWN ? (
            <a className="ck-btn ck-small" href={partUrl(connection, output.digest)} download={fileName(output.digest)}>
              {t('Download it')}
            </a>
          ) : (
            <button type="button" className="ck-btn ck-small" disabled={isFetching} onClick={() => setWhole(true)}>
              {isFetching ? t('Loading…') : t('Load it')}
            </button>
          )}
          {error && <span className="ck-bad">{errorText(error, t)}</span>}
        </p>
      )}
    </div>
  );
}

function OutputBody({ output }: { output: ShownOutput }): ReactElement | null {
  const { type, data, isMissing } = output;
  const t = useTranslate();
  const mimes = Object.keys(data);
  if (isMissing) {
    return (
      <p className="ck-out-note">
        <Icon name="warn" size={13} /> {t('This output was never sent: it is not on the server.')}
      </p>
    );
  }
  if (type === 'stream' || type === 'error') {
    const text = textOf(output);
    return text ? <Ansi source={text} isError={type === 'error' || output.name === 'stderr'} /> : null;
  }
  if (mimes.length === 0) return <Named mimes={output.cut} />;
  return <Body data={data} shown={shownAs(mimes)} />;
}

/** Streams and errors come as plain text, under whatever name the server has for it. */
const textOf = ({ data }: ShownOutput): string => data['text/plain'] ?? Object.values(data)[0] ?? '';

function Body({ data, shown }: { data: Record<string, string>; shown: Shown }): ReactElement | null {
  const t = useTranslate();
  const value = data[shown.mime] ?? '';
  const plain = data['text/plain'];
  const otherwise = plain === undefined ? <Named mimes={Object.keys(data)} /> : <Ansi source={plain} />;
  switch (shown.as) {
    case 'image':
      return <OutputImage mime={shown.mime} data={value} words={plain} />;
    case 'html':
      return <Html source={value} otherwise={otherwise} />;
    case 'markdown':
      return <Markdown source={value} />;
    case 'text':
      return <Ansi source={value} />;
    case 'widget':
      return (
        <>
          <p className="ck-out-note">
            <Icon name="eyeOff" size={13} /> {t('Widget, not shown: it lived in its kernel.')}
          </p>
          {plain !== undefined && <Ansi source={plain} />}
        </>
      );
    case 'source': {
      const why = {
        script: t('JavaScript, never run here'),
        drawn: t('drawn by a program, which is never run here'),
        latex: t('LaTeX, as it was written'),
        data: t('data'),
      };
      return (
        <details className="ck-out-source" open={value.length < 2_000 && shown.why !== 'drawn'}>
          <summary>
            <code className="ck-mono">{shown.mime}</code> <span className="ck-dim">{why[shown.why]}</span>
          </summary>
          <Code source={value} plain />
          {plain !== undefined && <Ansi source={plain} />}
        </details>
      );
    }
    case 'nothing':
      return <Named mimes={Object.keys(data)} />;
  }
}

function Named({ mimes }: { mimes: readonly string[] }): ReactElement {
  const t = useTranslate();
  return (
    <p className="ck-out-note">
      <Icon name="eyeOff" size={13} />
      <span>{mimes.length > 0 ? t('Not shown: {types}', { types: mimes.join(', ') }) : t('An output of which nothing was kept.')}</span>
    </p>
  );
}
