/** Views that not every page has: their code comes when the first is shown, and what breaks one leaves the page around it. */
import { type ComponentType, lazy, type ReactElement, Suspense } from 'react';
import { useTranslate } from '../host.ts';
import { Boundary } from './Boundary.tsx';
import { ErrorState, errorText, Skeleton } from './states.tsx';

class NotLoaded extends Error {}

/** @param nameOf what is shown: another one is tried anew after one that broke */
export function whenShown<Props extends object>(
  load: () => Promise<{ default: ComponentType<Props> }>,
  nameOf: (props: Props) => string,
): (props: Props) => ReactElement {
  const loadNamed = () =>
    load().catch((cause: unknown) => {
      throw new NotLoaded(cause instanceof Error ? cause.message : String(cause), { cause });
    });
  const make = () => lazy(loadNamed) as unknown as (props: Props) => ReactElement;
  let View = make();
  const otherwise = (error: unknown, again: () => void) => (
    <Broken
      error={error}
      onRetry={() => {
        if (error instanceof NotLoaded) View = make();
        again();
      }}
    />
  );
  return (props) => (
    <Boundary of={nameOf(props)} otherwise={otherwise}>
      <Suspense fallback={<Skeleton rows={10} />}>
        <View {...props} />
      </Suspense>
    </Boundary>
  );
}

function Broken({ error, onRetry }: { error: unknown; onRetry: () => void }): ReactElement {
  const t = useTranslate();
  const reason = errorText(error, t);
  // A browser may keep in mind that a module failed, and an updated server has it under another name.
  const text =
    error instanceof NotLoaded
      ? t('The code of this view could not be loaded ({reason}). If it stays away, reload the page.', { reason })
      : t('This view cannot be shown: {reason}', { reason });
  return <ErrorState error={new Error(text)} onRetry={onRetry} />;
}
