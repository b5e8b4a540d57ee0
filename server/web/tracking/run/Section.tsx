import type { ReactElement, ReactNode } from 'react';

/** A card of the overview with its heading. */
export function Section({
  title,
  count,
  aside,
  children,
}: {
  title: string;
  count?: number;
  aside?: ReactNode;
  children: ReactNode;
}): ReactElement {
  return (
    <section className="ck-card ck-run-section" aria-label={title}>
      <header>
        <h2>
          {title}
          {count !== undefined && count > 0 && <span className="ck-tab-count">{count}</span>}
        </h2>
        <span className="ck-grow" />
        {aside}
      </header>
      {children}
    </section>
  );
}
