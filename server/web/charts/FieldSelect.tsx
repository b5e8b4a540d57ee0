import type { ReactElement } from 'react';
import { useTranslate } from '../host.ts';
import { type FieldGroup, fieldLabel } from './fields.ts';

/** A field of the runs to choose; `none` is what choosing nothing means, absent where something must be chosen. */
export function FieldSelect({
  label,
  value,
  groups,
  none,
  onChange,
}: {
  label: string;
  value: string;
  groups: readonly FieldGroup[];
  none?: string;
  onChange: (field: string) => void;
}): ReactElement {
  const t = useTranslate();
  const names: Record<FieldGroup['group'], string> = {
    params: t('Params'),
    metrics: t('Metrics, last value'),
    min: t('Metrics, least value'),
    max: t('Metrics, greatest value'),
    tags: t('Tags'),
    attributes: t('Run'),
  };
  const isListed = value === '' || groups.some(({ fields }) => fields.includes(value));
  return (
    <label className="ck-field-select">
      <span className="ck-dim">{label}</span>
      <select className="ck-field" value={value} onChange={(event) => onChange(event.target.value)}>
        {none !== undefined && <option value="">{none}</option>}
        {!isListed && <option value={value}>{fieldLabel(value)}</option>}
        {groups.map(({ group, fields }) => (
          <optgroup key={group} label={names[group]}>
            {fields.map((field) => (
              <option key={field} value={field}>
                {fieldLabel(field)}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
    </label>
  );
}
