/** Aliases of a version as chips: each is moved to another version or removed from its menu, and a new one is given here. */
import { type FormEvent, type ReactElement, useRef, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { Icon } from '../../look/icons.tsx';
import { LineField } from '../../look/LineField.tsx';
import { MenuButton } from '../../look/Menu.tsx';
import { Popover } from '../../look/Popover.tsx';
import type { Moves } from '../useMoves.tsx';

export function Aliases({
  aliases,
  version,
  versions,
  moves,
}: {
  aliases: readonly string[];
  version: number;
  /** Numbers that an alias can be moved to. */
  versions: readonly number[];
  moves: Moves;
}): ReactElement {
  const t = useTranslate();
  return (
    <span className="ck-chips">
      {aliases.map((alias) =>
        moves.mayMove ? (
          <MenuButton
            key={alias}
            label={t('Alias {alias} of v{version}', { alias, version })}
            className="ck-chip ck-alias"
            items={() => [
              ...versions
                .filter((other) => other !== version)
                .slice(0, 20)
                .map((other) => ({ label: t('Move to v{n}', { n: other }), onSelect: () => moves.toAlias(other, alias) })),
              null,
              { label: t('Remove {alias}', { alias }), icon: 'bin' as const, danger: true, onSelect: () => moves.removeAlias(alias) },
            ]}
          >
            {alias}
          </MenuButton>
        ) : (
          <span key={alias} className="ck-chip ck-alias">
            {alias}
          </span>
        ),
      )}
      {moves.mayMove && <AddAlias version={version} onAdd={(alias) => moves.toAlias(version, alias)} />}
    </span>
  );
}

const USUAL = ['champion', 'challenger'];

function AddAlias({ version, onAdd }: { version: number; onAdd: (alias: string) => void }): ReactElement {
  const t = useTranslate();
  const button = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  const [alias, setAlias] = useState('');
  const add = (chosen: string) => {
    setOpen(false);
    setAlias('');
    onAdd(chosen);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (alias.trim()) add(alias.trim());
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        className="ck-chip ck-chip-btn"
        aria-label={t('Give v{version} an alias', { version })}
        title={t('Give v{version} an alias', { version })}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="plus" size={11} />
      </button>
      {isOpen && (
        <Popover anchor={button} onClose={() => setOpen(false)} label={t('New alias')} className="ck-form-popover">
          <form onSubmit={submit}>
            <LineField data-first value={alias} maxLength={255} label={t('Alias')} hint={t('Alias')} onText={setAlias} />
            <button type="submit" className="ck-btn ck-primary" disabled={!alias.trim()}>
              {t('Set')}
            </button>
          </form>
          <p className="ck-chips ck-usual">
            {USUAL.map((usual) => (
              <button key={usual} type="button" className="ck-chip" onClick={() => add(usual)}>
                {usual}
              </button>
            ))}
          </p>
        </Popover>
      )}
    </>
  );
}
