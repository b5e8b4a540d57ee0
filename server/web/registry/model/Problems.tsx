/** What keeps a form from being stored, below its fields. */
import type { ReactElement } from 'react';
import type { Translate } from '../../host.ts';
import { errorLines } from '../../look/states.tsx';

const MOST = 8;

/** Each field's reason and remedy, else what happened. */
export function problemsOf(error: unknown, t: Translate): string[] {
  const { title, lines } = errorLines(error, t);
  return lines.length > 0 ? [...new Set(lines)].slice(0, MOST) : [title];
}

export function Problems({ of: problems }: { of: readonly string[] }): ReactElement | null {
  if (problems.length === 0) return null;
  return (
    <ul className="ck-bad ck-plain" role="alert">
      {problems.map((problem) => (
        <li key={problem}>{problem}</li>
      ))}
    </ul>
  );
}
