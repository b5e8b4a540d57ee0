import { type ReactElement, useMemo } from 'react';
import { useShared } from '../live/shared.ts';
import { type Mentionable, renderMarkdown } from './markdownHtml.ts';

export interface MarkdownProps {
  source: string;
  /** Whose names behind an "@" are marked. */
  people?: readonly Mentionable[];
}

export function MarkdownText({ source, people }: MarkdownProps): ReactElement {
  const { connection } = useShared();
  const html = useMemo(() => renderMarkdown(source, { artifactUrl: connection.artifactUrl, people }), [source, people, connection]);
  // biome-ignore lint/security/noDangerouslySetInnerHtml: markdown-it escapes all HTML of the source (html: false), see Markdown.test.ts
  return <div className="ck-markdown" dangerouslySetInnerHTML={{ __html: html }} />;
}
