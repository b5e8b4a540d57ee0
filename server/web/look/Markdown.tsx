/**
 * Markdown that people wrote, as a view; what is taken of it says markdownHtml.ts. Most pages show none, and its reader is a seventh of all
 * the code: it comes with the first text. Until then, and where it does not come, the text stands as it was written.
 */
import { lazy, type ReactElement, Suspense } from 'react';
import type { MarkdownProps } from './MarkdownText.tsx';

const Text = lazy(async () => {
  try {
    return { default: (await import('./MarkdownText.tsx')).MarkdownText };
  } catch {
    return { default: Plain };
  }
});

export function Markdown(props: MarkdownProps): ReactElement {
  return (
    <Suspense fallback={<Plain {...props} />}>
      <Text {...props} />
    </Suspense>
  );
}

function Plain({ source }: MarkdownProps): ReactElement {
  return <div className="ck-markdown ck-as-written">{source}</div>;
}
