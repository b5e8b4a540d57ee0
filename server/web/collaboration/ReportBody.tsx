/** A report as it is read: its texts, and between them its charts, each drawn from what the server holds now. */
import { memo, type ReactElement, useMemo } from 'react';
import { useShared } from '../live/shared.ts';
import type { Mentionable } from '../look/markdownHtml.ts';
import { ReportChart } from './ReportChart.tsx';
import { partsOf } from './reportBlocks.ts';

export function ReportBody({ body, people }: { body: string; people?: readonly Mentionable[] }): ReactElement {
  const { connection } = useShared();
  const parts = useMemo(() => partsOf(body, { artifactUrl: connection.artifactUrl, people }), [body, people, connection]);
  return (
    <div className="ck-report-body">
      {parts.map((part, at) =>
        part.kind === 'text' ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts have no other name than their place
          <Text key={at} html={part.html} />
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: as above
          <ReportChart key={at} text={part.text} line={part.line} />
        ),
      )}
    </div>
  );
}

const Text = memo(function Text({ html }: { html: string }): ReactElement {
  // biome-ignore lint/security/noDangerouslySetInnerHtml: markdown-it escapes all HTML of the source (html: false), see Markdown.test.ts
  return <div className="ck-markdown" dangerouslySetInnerHTML={{ __html: html }} />;
});
