import { type CSSProperties, type ReactElement, useState } from 'react';
import { useTranslate } from '../../host.ts';

type Mode = 'side' | 'swipe' | 'difference';

/** Two pictures: beside each other, one over the other with an edge to move, or only what differs. */
export function ImageCompare({ before, after }: { before: string; after: string }): ReactElement {
  const t = useTranslate();
  const [mode, setMode] = useState<Mode>('side');
  const [edge, setEdge] = useState(50); // percent
  const words: Record<Mode, string> = { side: t('Side by side'), swipe: t('Swipe'), difference: t('Difference') };
  const [was, is] = [<img key="before" src={before} alt={t('before')} />, <img key="after" src={after} alt={t('after')} />];
  return (
    <figure className="ck-diff-image" data-mode={mode}>
      <fieldset className="ck-segments" aria-label={t('How the pictures are compared')}>
        {(Object.keys(words) as Mode[]).map((one) => (
          <button key={one} type="button" aria-pressed={mode === one} onClick={() => setMode(one)}>
            {words[one]}
          </button>
        ))}
      </fieldset>
      {before === after && <p className="ck-out-note">{t('Both are the same.')}</p>}
      <div className="ck-diff-pictures" style={{ '--ck-edge': `${edge}%` } as CSSProperties}>
        {was}
        {is}
      </div>
      {mode === 'swipe' && (
        <input
          type="range"
          min={0}
          max={100}
          value={edge}
          aria-label={t('Edge between before and after')}
          onChange={({ target }) => setEdge(Number(target.value))}
        />
      )}
      {mode === 'difference' && <figcaption className="ck-dim">{t('Black where they are the same.')}</figcaption>}
    </figure>
  );
}
