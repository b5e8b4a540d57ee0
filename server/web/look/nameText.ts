import type { Translate } from '../host.ts';

/** What stands for a name: of blanks alone nobody sees that it is there. */
export const nameText = (name: string, t: Translate): string => (name.trim() === '' ? t('(blank)') : name);
