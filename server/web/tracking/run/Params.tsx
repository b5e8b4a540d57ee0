import { type ReactElement, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { byName, matching } from './groups.ts';
import { LongText } from './LongText.tsx';
import { MoreRows, ROWS, SEARCH_FROM, SearchField } from './rows.tsx';
import { Section } from './Section.tsx';

export function Params({ params }: { params: Record<string, string> }): ReactElement {
  const t = useTranslate();
  const [typed, setTyped] = useState('');
  const [limit, setLimit] = useState(ROWS);
  const all = Object.keys(params).sort(byName);
  const found = matching(all, typed);
  return (
    <Section
      title={t('Params')}
      count={all.length}
      aside={all.length > SEARCH_FROM && <SearchField value={typed} onChange={setTyped} label={t('Find a param')} />}
    >
      {all.length === 0 ? (
        <p className="ck-run-none">
          {t('No params.')} <code className="ck-mono">cellkeep.params({'{"rate": 0.1}'})</code>
        </p>
      ) : (
        <dl className="ck-run-pairs">
          {found.slice(0, limit).map((key) => (
            <div key={key}>
              <dt title={key}>{key}</dt>
              <dd className="ck-mono">
                <LongText text={params[key] ?? ''} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {all.length > 0 && found.length === 0 && <p className="ck-run-none">{t('No param has this in its name.')}</p>}
      <MoreRows shown={Math.min(limit, found.length)} total={found.length} onMore={() => setLimit(limit * 10)} />
    </Section>
  );
}
