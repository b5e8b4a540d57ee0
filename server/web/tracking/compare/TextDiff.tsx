/** Two texts with what changed between them. CodeMirror's merge view comes with the first difference that somebody looks at. */
import { MergeView, unifiedMergeView } from '@codemirror/merge';
import { EditorState, type Extension } from '@codemirror/state';
import { EditorView, lineNumbers } from '@codemirror/view';
import { type ReactElement, useEffect, useRef } from 'react';
import { useWidth } from '../../charts/useWidth.ts';
import { useTranslate } from '../../host.ts';

const NARROW = 620; // px; below it two columns hold no line of code
/** Differences are looked for at most this long; a long one is then shown coarser. */
const PATIENCE = 400; // ms

const look: Extension = [
  lineNumbers(),
  EditorView.lineWrapping,
  EditorView.editable.of(false),
  EditorState.readOnly.of(true),
  EditorView.theme({
    '&': { fontSize: '12px', backgroundColor: 'transparent' },
    // The library's own sign is in few fonts.
    '.cm-collapsedLines:before, .cm-collapsedLines:after': { content: '"⋯"' },
    '.cm-scroller': { fontFamily: 'var(--jp-code-font-family)', lineHeight: '1.5' },
    '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--ck-faint)', border: 'none' },
    '.cm-content': { color: 'var(--jp-content-font-color1)' },
    '&.cm-merge-a .cm-changedLine, .cm-deletedChunk': { backgroundColor: 'var(--ck-bad-soft)' },
    '&.cm-merge-b .cm-changedLine, .cm-changedLine': { backgroundColor: 'var(--ck-added-soft)' },
    '&.cm-merge-a .cm-changedText, .cm-deletedChunk .cm-deletedText': { background: 'var(--ck-removed-text)' },
    '&.cm-merge-b .cm-changedText, .cm-changedText': { background: 'var(--ck-added-text)' },
    '.cm-collapsedLines': { background: 'var(--ck-hover)', color: 'var(--ck-dim)', padding: '3px 8px' },
  }),
];
const options = { collapseUnchanged: { margin: 3, minSize: 6 }, diffConfig: { scanLimit: 2_000, timeout: PATIENCE } };

export default function TextDiff({
  before,
  after,
  names,
}: {
  before: string;
  after: string;
  names: readonly [string, string];
}): ReactElement {
  const t = useTranslate();
  const place = useRef<HTMLDivElement>(null);
  const width = useWidth(place);
  const isNarrow = width > 0 && width < NARROW;
  const isLaidOut = width > 0;
  useEffect(() => {
    const parent = place.current;
    if (!parent || !isLaidOut) return;
    const view = isNarrow
      ? new EditorView({ parent, doc: after, extensions: [look, unifiedMergeView({ original: before, mergeControls: false, ...options })] })
      : new MergeView({ parent, a: { doc: before, extensions: look }, b: { doc: after, extensions: look }, gutter: true, ...options });
    return () => view.destroy();
  }, [before, after, isNarrow, isLaidOut]);
  return (
    <section className="ck-text-diff" aria-label={t('Differences from {before} to {after}', { before: names[0], after: names[1] })}>
      {!isNarrow && (
        <header>
          <b>{names[0]}</b>
          <b>{names[1]}</b>
        </header>
      )}
      <div ref={place} />
    </section>
  );
}
