/**
 * Moves of a version to a stage or an alias. Where the gate refuses one, its reasons are shown with the two ways on: to ask others, and,
 * for an owner, to override it with a reason that the log keeps.
 */
import type { ModelStage } from '@cellkeep/schema/registry';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactElement, useEffect, useRef, useState } from 'react';
import { useMe } from '../access/queries.ts';
import { useHost, useTranslate } from '../host.ts';
import { useClient } from '../live/shared.ts';
import { LineField } from '../look/LineField.tsx';
import { issuesOf } from '../look/refusal.ts';
import { errorText } from '../look/states.tsx';
import { registryKeys, useAttempt } from './queries.ts';

export type Target = { stage: ModelStage } | { alias: string };

export interface Moves {
  mayMove: boolean;
  toAlias: (version: number, alias: string) => void;
  toStage: (version: number, stage: ModelStage) => void;
  removeAlias: (alias: string) => void;
  /** What the gate said of the last move; put it where the person looks. */
  refusal: ReactElement | null;
}

interface Refused {
  version: number;
  to: Target;
  reasons: string[];
}

export function useMoves(name: string): Moves {
  const client = useClient();
  const cache = useQueryClient();
  const host = useHost();
  const t = useTranslate();
  const attempt = useAttempt();
  const role = useMe().data?.user.role;
  const [refused, setRefused] = useState<Refused | null>(null);

  const move = async (version: number, to: Target, override?: string) => {
    try {
      if ('alias' in to) await client.registry.aliases.set({ name, alias: to.alias, version, override });
      else await client.registry.versions.update({ name, version, stage: to.stage, override });
      setRefused(null);
      void cache.invalidateQueries({ queryKey: registryKeys.all });
    } catch (error) {
      const issues = issuesOf(error);
      if (issues[0]?.field === 'gate') setRefused({ version, to, reasons: issues.map(({ reason }) => reason) });
      else host.notify(errorText(error, t), 'error');
    }
  };
  const ask = async (comment: string) => {
    if (!refused) return;
    const { version, to } = refused;
    const asked = await attempt(() => client.registry.approvals.ask({ name, version, to, comment }));
    if (asked) setRefused(null);
  };
  return {
    mayMove: role === 'editor' || role === 'owner',
    toAlias: (version, alias) => void move(version, { alias }),
    toStage: (version, stage) => void move(version, { stage }),
    removeAlias: (alias) => void attempt(() => client.registry.aliases.delete({ name, alias })),
    refusal: refused && (
      <Refusal
        key={`${refused.version} ${JSON.stringify(refused.to)}`}
        refused={refused}
        mayOverride={role === 'owner'}
        onAsk={(comment) => void ask(comment)}
        onOverride={(reason) => void move(refused.version, refused.to, reason)}
        onClose={() => setRefused(null)}
      />
    ),
  };
}

function Refusal({
  refused: { reasons },
  mayOverride,
  onAsk,
  onOverride,
  onClose,
}: {
  refused: Refused;
  mayOverride: boolean;
  onAsk: (comment: string) => void;
  onOverride: (reason: string) => void;
  onClose: () => void;
}): ReactElement {
  const t = useTranslate();
  const box = useRef<HTMLElement>(null);
  const [why, setWhy] = useState('');
  // It may stand below what was pressed, out of sight.
  useEffect(() => {
    box.current?.scrollIntoView({ block: 'nearest' });
    box.current?.querySelector('input')?.focus({ preventScroll: true });
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onAsk(why.trim());
  };
  return (
    <section ref={box} className="ck-refusal" role="alert" aria-label={t('The gate says no')}>
      <h3>{t('The gate says no')}</h3>
      <ul>
        {reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
      <form onSubmit={submit}>
        <LineField
          className="ck-why"
          value={why}
          maxLength={2_000}
          label={t('Why it should move')}
          hint={t('Why it should move')}
          onText={setWhy}
        />
        <button type="submit" className="ck-btn ck-primary">
          {t('Ask for approval')}
        </button>
        {mayOverride && (
          <button
            type="button"
            className="ck-btn ck-danger"
            disabled={why.trim() === ''}
            title={t('Needs a reason, which the log keeps')}
            onClick={() => onOverride(why.trim())}
          >
            {t('Override the gate')}
          </button>
        )}
        <button type="button" className="ck-btn" onClick={onClose}>
          {t('Cancel')}
        </button>
      </form>
    </section>
  );
}
