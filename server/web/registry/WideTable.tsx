import type { ReactElement, ReactNode } from 'react';

/** A table that may be wider than its page: it scrolls in its own box, by keyboard too. */
export function WideTable({ label, children }: { label: string; children: ReactNode }): ReactElement {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
    <section className="ck-wide-table" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
