import { type ReactElement, useRef, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { errorText } from '../../look/states.tsx';
import { useSeen } from '../../tracking/run/useSeen.ts';
import { usePart } from '../queries.ts';
import { Output } from './Output.tsx';
import { outputOfPart } from './outputOfPart.ts';

const FIRST = 10; // outputs of an execution that are asked for by themselves

/** Outputs of which only the names of their parts are at hand: each is asked for when it comes into sight. */
export function StoredOutputs({ digests }: { digests: readonly string[] }): ReactElement | null {
  const t = useTranslate();
  const [isAll, setAll] = useState(false);
  if (digests.length === 0) return null;
  const shown = isAll ? digests : digests.slice(0, FIRST);
  return (
    <div className="ck-outs">
      {shown.map((digest, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: one output may be shown twice
        <StoredOutput key={`${i} ${digest}`} digest={digest} />
      ))}
      {shown.length < digests.length && (
        <button type="button" className="ck-btn ck-small" onClick={() => setAll(true)}>
          {t('Show {n} more outputs', { n: digests.length - shown.length })}
        </button>
      )}
    </div>
  );
}

function StoredOutput({ digest }: { digest: string }): ReactElement {
  const t = useTranslate();
  const place = useRef<HTMLDivElement>(null);
  const isSeen = useSeen(place);
  const { data, error } = usePart(isSeen ? digest : null);
  return (
    <div ref={place}>
      {data !== undefined ? (
        <Output output={outputOfPart(digest, data)} />
      ) : error ? (
        <p className="ck-out-note ck-bad">{t('An output could not be loaded: {reason}', { reason: errorText(error, t) })}</p>
      ) : (
        <i className="ck-bone" style={{ width: '40%' }} />
      )}
    </div>
  );
}
