import type { ReactElement } from 'react';
import { useTranslate } from '../host.ts';

export function LogToggle({
  label,
  isOn,
  isPossible,
  onChange,
}: {
  label: string;
  isOn: boolean;
  isPossible: boolean;
  onChange: (isOn: boolean) => void;
}): ReactElement {
  const t = useTranslate();
  return (
    <button
      type="button"
      className="ck-btn ck-toggle ck-small"
      aria-pressed={isOn && isPossible}
      disabled={!isPossible}
      title={isPossible ? undefined : t('Some values are not above zero')}
      onClick={() => onChange(!isOn)}
    >
      {label}
    </button>
  );
}
