import type { ModelStage } from '@cellkeep/schema/registry';
import type { ReactElement } from 'react';
import { useTranslate } from '../../host.ts';
import type { Moves } from '../useMoves.tsx';

const STAGES: readonly ModelStage[] = ['None', 'Staging', 'Production', 'Archived'];

/** The stage of a version; choosing another one moves it, where the gate lets it. */
export function StageSelect({ version, stage, moves }: { version: number; stage: ModelStage; moves: Moves }): ReactElement {
  const t = useTranslate();
  if (!moves.mayMove) return <span className={stage === 'None' ? 'ck-faint' : undefined}>{stage === 'None' ? '–' : stage}</span>;
  return (
    <select
      className="ck-field ck-stage"
      data-stage={stage}
      value={stage}
      aria-label={t('Stage of v{version}', { version })}
      onChange={(event) => moves.toStage(version, event.target.value as ModelStage)}
    >
      {STAGES.map((one) => (
        <option key={one} value={one}>
          {one === 'None' ? t('no stage') : one}
        </option>
      ))}
    </select>
  );
}
