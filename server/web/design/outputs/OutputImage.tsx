import { type ReactElement, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { svgUrl } from './safeHtml.ts';
import { IMAGE } from './shownAs.ts';

/** Address of a stored picture: data, never a place elsewhere; null where it is none. */
export function imageUrl(mime: string, data: string): string | null {
  if (!IMAGE.test(mime)) return null;
  if (mime === 'image/svg+xml') return svgUrl(data);
  const base64 = data.replace(/\s+/g, '');
  return /^[A-Za-z0-9+/]*={0,2}$/.test(base64) && base64 ? `data:${mime};base64,${base64}` : null;
}

/** An SVG too is shown by an <img>: there it is a picture and no document. */
export function OutputImage({ mime, data, words }: { mime: string; data: string; words: string | undefined }): ReactElement {
  const t = useTranslate();
  const [isBroken, setBroken] = useState(false);
  const src = imageUrl(mime, data);
  if (!src || isBroken)
    return <p className="ck-out-note">{t('A picture ({type}) that cannot be shown: it is damaged.', { type: mime })}</p>;
  return (
    <img className="ck-out-image" src={src} alt={words?.slice(0, 200) || t('Picture')} decoding="async" onError={() => setBroken(true)} />
  );
}
