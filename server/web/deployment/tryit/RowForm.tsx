/** One row, field by field, as the signature has it: what training saw stands below each, and what the endpoint refuses stands at it. */
import type { Column } from '@cellkeep/schema/registry';
import { type ReactElement, useId, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { LineField } from '../../look/LineField.tsx';
import { type RowTexts, seenText } from './fields.ts';

const MOST_FIELDS = 60; // more cannot be filled in by hand; the rest is found by its name
const MOST_CHOICES = 200;

export function RowForm({
  inputs,
  texts,
  problems,
  onChange,
}: {
  inputs: readonly Column[];
  texts: RowTexts;
  problems: Readonly<Record<string, string>>;
  onChange: (name: string, text: string) => void;
}): ReactElement {
  const t = useTranslate();
  const [find, setFind] = useState('');
  const found = find ? inputs.filter(({ name }) => name.toLowerCase().includes(find.toLowerCase())) : inputs;
  // A field that was refused is never among those that are not shown.
  const shown = [...found.filter(({ name }) => problems[name]), ...found.filter(({ name }) => !problems[name])].slice(0, MOST_FIELDS);
  const ordered = found.filter((column) => shown.includes(column));
  return (
    <>
      {inputs.length > MOST_FIELDS && (
        <p className="ck-try-many">
          <LineField value={find} label={t('Find a column')} hint={t('find a column')} onText={setFind} />
          <span className="ck-faint">{t('{shown} of {n} columns', { shown: ordered.length, n: inputs.length })}</span>
        </p>
      )}
      <div className="ck-row-form">
        {ordered.map((column) => (
          <Field
            key={column.name}
            column={column}
            text={texts[column.name] ?? ''}
            problem={problems[column.name] ?? null}
            onChange={(text) => onChange(column.name, text)}
          />
        ))}
      </div>
    </>
  );
}

function Field({
  column,
  text,
  problem,
  onChange,
}: {
  column: Column;
  text: string;
  problem: string | null;
  onChange: (text: string) => void;
}): ReactElement {
  const t = useTranslate();
  const id = useId();
  const { name, type, categories, required } = column;
  const seen = seenText(column, text, t);
  const common = {
    id,
    value: text,
    'aria-invalid': problem !== null,
    'aria-describedby': `${id}seen`,
    onChange: (event: { target: { value: string } }) => onChange(event.target.value),
  };
  const isNumber = type === 'integer' || type === 'float' || type === 'double';
  return (
    <div className="ck-row-field" data-wrong={problem ? '' : undefined}>
      <label htmlFor={id} title={name}>
        {name}
      </label>
      {type === 'boolean' && !column.shape ? (
        <select className="ck-field" {...common}>
          {!required && <option value="">–</option>}
          <option value="true">true</option>
          <option value="false">false</option>
        </select>
      ) : (
        <input
          className={column.shape ? 'ck-field ck-mono' : 'ck-field'}
          list={categories ? `${id}list` : undefined}
          inputMode={isNumber && !column.shape ? 'decimal' : undefined}
          spellCheck={false}
          autoComplete="off"
          {...common}
        />
      )}
      {categories && type !== 'boolean' && (
        <datalist id={`${id}list`}>
          {categories.slice(0, MOST_CHOICES).map((value) => (
            <option key={String(value)} value={String(value)} />
          ))}
        </datalist>
      )}
      <p id={`${id}seen`} className={problem ? 'ck-field-wrong' : seen.isOutside ? 'ck-field-note ck-warned' : 'ck-field-note'}>
        {problem ??
          (categories && type !== 'boolean' ? t('{what} · {n} categories', { what: seen.text, n: categories.length }) : seen.text)}
      </p>
    </div>
  );
}
