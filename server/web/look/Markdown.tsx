/** Markdown that people wrote, as a view; what is taken of it says markdownHtml.ts. */
import { type ReactElement, useMemo } from 'react';
import { useShared } from '../live/shared.ts';
import { type Mentionable, renderMarkdown } from './markdownHtml.ts';

export function Markdown({ source, people }: { source: string; people?: readonly Mentionable[] }): ReactElement {
  const { connection } = useShared();
  const html = useMemo(() => renderMarkdown(source, { artifactUrl: connection.artifactUrl, people }), [source, people, connection]);
  // biome-ignore lint/security/noDangerouslySetInnerHtml: markdown-it escapes all HTML of the source (html: false), see Markdown.test.ts
  return <div className="ck-markdown" dangerouslySetInnerHTML={{ __html: html }} />;
}
