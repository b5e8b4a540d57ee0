import { type ReactElement, useMemo } from 'react';
import { useTranslate } from '../host.ts';
import { CopyButton } from './CopyButton.tsx';

const KEYWORDS = new Set(
  'False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda match nonlocal not or pass raise return try while with yield'.split(
    ' ',
  ),
);
const TOKEN =
  /(#.*)|([rbfuRBFU]{0,2}(?:"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))|(^[ \t]*[%!].*$)|(\b\d[\w.]*\b)|([\p{L}_]\w*)/gmu;

type Kind = 'comment' | 'string' | 'magic' | 'number' | 'keyword' | null;

/** Python, told apart well enough for reading: what is not recognised stays plain. */
export function highlight(source: string): { text: string; kind: Kind }[] {
  const parts: { text: string; kind: Kind }[] = [];
  let end = 0;
  for (const match of source.matchAll(TOKEN)) {
    const [text, comment, string, magic, number] = match;
    const kind = comment ? 'comment' : string ? 'string' : magic ? 'magic' : number ? 'number' : KEYWORDS.has(text) ? 'keyword' : null;
    if (!kind) continue;
    if (match.index > end) parts.push({ text: source.slice(end, match.index), kind: null });
    parts.push({ text, kind });
    end = match.index + text.length;
  }
  if (end < source.length) parts.push({ text: source.slice(end), kind: null });
  return parts;
}

const TOO_LONG = 100_000; // characters; colouring more than that is felt

export function Code({ source, plain = false }: { source: string; plain?: boolean }): ReactElement {
  const t = useTranslate();
  const parts = useMemo(() => (plain || source.length > TOO_LONG ? [{ text: source, kind: null }] : highlight(source)), [source, plain]);
  return (
    <div className="ck-code">
      <pre>
        <code>
          {parts.map(({ text, kind }, i) =>
            kind ? (
              // biome-ignore lint/suspicious/noArrayIndexKey: parts are in the order of the text and have no other name
              <span key={i} data-kind={kind}>
                {text}
              </span>
            ) : (
              text
            ),
          )}
        </code>
      </pre>
      <CopyButton text={source} label={t('Copy code')} />
    </div>
  );
}
