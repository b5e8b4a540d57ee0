import { type RefObject, useEffect } from 'react';

/**
 * Marks the column of a run in all tables of a page. Not by React: 200 columns of 60 rows would be rendered again for each line that the
 * pointer passes.
 */
export function useHighlightMarks(page: RefObject<HTMLElement | null>, runId: string | null): void {
  useEffect(() => {
    if (!runId || !page.current) return;
    const marked = page.current.querySelectorAll<HTMLElement>(`[data-run="${CSS.escape(runId)}"]`);
    for (const cell of marked) cell.dataset.highlight = '';
    return () => {
      for (const cell of marked) delete cell.dataset.highlight;
    };
  }, [page, runId]);
}
