/** What was written into a report and not saved: kept in this browser with the revision that it was begun from. */
import { draftOf, keepDraft } from './drafts.ts';

export interface ReportDraft {
  revision: number;
  title: string;
  body: string;
}

/** Reports that were made a moment ago, to be written. */
export const editAtOnce = new Set<string>();

const keyOf = (id: string) => `report.${id}`;

export function reportDraftOf(id: string): ReportDraft | null {
  try {
    const kept: unknown = JSON.parse(draftOf(keyOf(id)) ?? 'null');
    if (typeof kept !== 'object' || kept === null) return null;
    const { revision, title, body } = kept as Partial<ReportDraft>;
    return typeof revision === 'number' && typeof title === 'string' && typeof body === 'string' ? { revision, title, body } : null;
  } catch {
    return null; // written by somebody else, or cut off
  }
}

export const keepReportDraft = (id: string, draft: ReportDraft | null): void => keepDraft(keyOf(id), draft ? JSON.stringify(draft) : '');
