import type { SnapshotSummary } from '@cellkeep/schema/design';
import type { Translate } from '../../host.ts';

/** Why a snapshot was taken. */
export function reasonWord(reason: SnapshotSummary['reason'], t: Translate): string {
  const words: Record<SnapshotSummary['reason'], string> = {
    start: t('run started'),
    end: t('run ended'),
    manual: t('by hand'),
    promote: t('model promoted'),
    checkpoint: t('variables kept'),
    verify: t('verified'),
  };
  return words[reason];
}
