/** How the endpoint is set, each number with its unit; and its end. */
import type { Endpoint, EndpointSettings } from '@cellkeep/schema/deployment';
import { type FormEvent, type ReactElement, useState } from 'react';
import { type Translate, useTranslate } from '../../host.ts';
import { Icon } from '../../look/icons.tsx';
import { Section } from '../../tracking/run/Section.tsx';
import { SureButton } from '../SureButton.tsx';
import type { EndpointActions } from './useEndpointActions.ts';

type NumberKey = { [K in keyof EndpointSettings]: EndpointSettings[K] extends number | null ? K : never }[keyof EndpointSettings];

interface NumberSetting {
  key: NumberKey;
  label: string;
  unit: string;
  note?: string;
  /** What is typed is this times what is stored. */
  scale?: number;
  /** What an empty field means; absent: it may not be empty. */
  empty?: string;
}

export function Settings({ endpoint, actions }: { endpoint: Endpoint; actions: EndpointActions }): ReactElement {
  const t = useTranslate();
  const [changed, setChanged] = useState<Partial<EndpointSettings>>({});
  const [description, setDescription] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const settings = { ...endpoint.settings, ...changed };
  const isChanged = Object.keys(changed).length > 0 || (description !== null && description !== endpoint.description);
  const set = <Key extends keyof EndpointSettings>(key: Key, value: EndpointSettings[Key]) => {
    const { [key]: _, ...others } = changed;
    setChanged(value === endpoint.settings[key] ? (others as Partial<EndpointSettings>) : { ...changed, [key]: value });
  };
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    const isSet = Object.keys(changed).length === 0 || (await actions.setSettings(changed, endpoint.updatedAt));
    const isDescribed = !isSet || description === null || description === endpoint.description || (await actions.describe(description));
    setBusy(false);
    if (!isSet || !isDescribed) return;
    setChanged({});
    setDescription(null);
  };
  return (
    <form className="ck-endpoint-body ck-endpoint-settings" onSubmit={(event) => void save(event)}>
      {/* Who may not change them reads them. */}
      <fieldset className="ck-settings-fields" disabled={!actions.mayChange}>
        <Section title={t('Description')}>
          <textarea
            className="ck-field"
            rows={3}
            aria-label={t('Description, as Markdown')}
            placeholder={t('what it answers, for whom, and who looks after it (Markdown)')}
            value={description ?? endpoint.description}
            onChange={(event) => setDescription(event.target.value)}
          />
        </Section>
        <Section title={t('Who may ask')}>
          <div className="ck-setting">
            <label htmlFor="ck-access">{t('Access')}</label>
            <select
              id="ck-access"
              className="ck-field"
              value={settings.access}
              onChange={(event) => set('access', event.target.value as 'token' | 'open')}
            >
              <option value="token">{t('with a token')}</option>
              <option value="open">{t('open: whoever reaches the address')}</option>
            </select>
          </div>
          <Checkbox
            label={t('Strict: refuse categories and ranges that training did not see')}
            checked={settings.strict}
            onChange={(strict) => set('strict', strict)}
          />
          <Numbers rows={limitRows(t)} settings={settings} onSet={set} />
        </Section>
        <Section title={t('How it runs')}>
          <Numbers rows={runRows(t)} settings={settings} onSet={set} />
        </Section>
        <Section title={t('What is kept')}>
          <Numbers rows={keptRows(t)} settings={settings} onSet={set} />
          <div className="ck-setting">
            <label htmlFor="ck-sticky">{t('Header of the sticky key')}</label>
            <input
              id="ck-sticky"
              className="ck-field ck-mono"
              value={settings.stickyHeader}
              maxLength={100}
              onChange={(event) => set('stickyHeader', event.target.value.replace(/[^A-Za-z0-9-]/g, ''))}
            />
            <p className="ck-field-note">{t('The same value leads to the same release; empty: by chance alone.')}</p>
          </div>
        </Section>
      </fieldset>
      {isChanged && (
        <div className="ck-settings-save" role="status">
          <span>{t('Changes apply to running hosts within a second or two.')}</span>
          <span className="ck-grow" />
          <button
            type="button"
            className="ck-btn"
            onClick={() => {
              setChanged({});
              setDescription(null);
            }}
          >
            {t('As it was')}
          </button>
          <button type="submit" className="ck-btn ck-primary" disabled={isBusy}>
            <Icon name="check" size={14} /> {isBusy ? t('Saving…') : t('Save')}
          </button>
        </div>
      )}
      {actions.mayChange && (
        <Section title={t('Delete')}>
          <p className="ck-field-note">
            {t('Requests in flight are answered first; its versions stay in the registry, its kept requests go with it.')}
          </p>
          <SureButton
            label={t('Delete the endpoint')}
            sure={t('Delete {name} for good', { name: endpoint.name })}
            icon="bin"
            onSure={() => void actions.delete()}
          />
        </Section>
      )}
    </form>
  );
}

type Set = <Key extends keyof EndpointSettings>(key: Key, value: EndpointSettings[Key]) => void;

function Numbers({ rows, settings, onSet }: { rows: NumberSetting[]; settings: EndpointSettings; onSet: Set }): ReactElement {
  return (
    <>
      {rows.map(({ key, label, unit, note, scale = 1, empty }) => {
        const value = settings[key];
        return (
          <div key={key} className="ck-setting">
            <label htmlFor={`ck-${key}`}>{label}</label>
            <span className="ck-setting-value">
              <input
                id={`ck-${key}`}
                className="ck-field"
                type="number"
                step="any"
                value={value === null ? '' : value * scale}
                placeholder={empty}
                required={empty === undefined}
                onChange={(event) => {
                  const text = event.target.value;
                  if (text !== '') onSet(key, (Number(text) / scale) as never);
                  else if (empty !== undefined) onSet(key, null as never);
                }}
              />
              <span className="ck-dim">{unit}</span>
            </span>
            {note && <p className="ck-field-note">{note}</p>}
          </div>
        );
      })}
    </>
  );
}

function Checkbox({ label, checked, onChange }: { label: string; checked: boolean; onChange: (checked: boolean) => void }): ReactElement {
  return (
    <label className="ck-setting-check">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} /> {label}
    </label>
  );
}

const MIB = 1 / (1024 * 1024);

const limitRows = (t: Translate): NumberSetting[] => [
  { key: 'deadlineMs', label: t('Deadline'), unit: t('ms'), note: t('Then the answer is 504.') },
  { key: 'maxConcurrency', label: t('Requests at once'), unit: t('in each host'), note: t('More get 429 with Retry-After.') },
  { key: 'ratePerSecond', label: t('Requests of a token'), unit: t('per second'), empty: t('no limit') },
  { key: 'maxBodyBytes', label: t('Largest body'), unit: 'MiB', scale: MIB },
  { key: 'maxRows', label: t('Rows of a request'), unit: t('rows') },
];

const runRows = (t: Translate): NumberSetting[] => [
  { key: 'replicas', label: t('Replicas'), unit: t('processes') },
  { key: 'workers', label: t('Python workers'), unit: t('of each release in each host') },
  { key: 'memoryMiB', label: t('Memory of a process'), unit: 'MiB', note: t('What takes more is ended and started again.') },
  { key: 'batchRows', label: t('Rows through the model at once'), unit: t('rows') },
  {
    key: 'batchWindowUs',
    label: t('Wait for more rows'),
    unit: 'µs',
    note: t('0: only what is there already goes together.'),
  },
  {
    key: 'idleSeconds',
    label: t('Sleeps without a request for'),
    unit: t('s'),
    empty: t('never'),
    note: t('The next request wakes it and waits for that.'),
  },
];

const keptRows = (t: Translate): NumberSetting[] => [
  { key: 'logRows', label: t('Requests whose rows are kept'), unit: '%', scale: 100, note: t('The counters see all of them.') },
  { key: 'keepDays', label: t('They stay for'), unit: t('days') },
];
