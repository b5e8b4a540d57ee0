/** The page of a report reads YAML and compares texts: its code comes when the first report is opened. */
import { lazy, type ReactElement, Suspense } from 'react';
import { Skeleton } from '../look/states.tsx';

const Page = lazy(async () => ({ default: (await import('./ReportPage.tsx')).ReportPage }));

export function ReportPage({ id }: { id: string }): ReactElement {
  return (
    <Suspense fallback={<Skeleton rows={12} />}>
      <Page id={id} />
    </Suspense>
  );
}
