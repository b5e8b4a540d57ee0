/** How states of this room are said and drawn: a shape and a word, colour never alone. */
import type { Endpoint, EndpointState, Host, Promotion, Release, StepState } from '@cellkeep/schema/deployment';
import type { Translate } from '../host.ts';

export type Mood = 'good' | 'busy' | 'warn' | 'bad' | 'off';

export const STATE_MARKS: Record<EndpointState, { mark: string; mood: Mood }> = {
  ready: { mark: '●', mood: 'good' },
  starting: { mark: '◐', mood: 'busy' },
  degraded: { mark: '▲', mood: 'warn' },
  failed: { mark: '✕', mood: 'bad' },
  asleep: { mark: '☾', mood: 'off' },
  stopped: { mark: '■', mood: 'off' },
  empty: { mark: '○', mood: 'off' },
};

export function stateWord(state: EndpointState, t: Translate): string {
  const words: Record<EndpointState, string> = {
    ready: t('ready'),
    starting: t('starting'),
    degraded: t('degraded'),
    failed: t('failed'),
    asleep: t('asleep'),
    stopped: t('stopped'),
    empty: t('no release'),
  };
  return words[state];
}

/** What the state means for who asks the endpoint; its own message says more where there is one. */
export function stateMeaning({ state, message }: Pick<Endpoint, 'state' | 'message'>, t: Translate): string {
  if (message && state !== 'asleep') return message;
  const words: Record<EndpointState, string> = {
    ready: t('It answers.'),
    starting: t('Its hosts are loading the model.'),
    degraded: t('It answers, but not all of its hosts do.'),
    failed: t('No host of it can answer.'),
    asleep: t('Nobody asked for a while; the next request wakes it.'),
    stopped: t('Somebody stopped it.'),
    empty: t('It has no release yet.'),
  };
  return words[state];
}

export function roleWord(role: Release['role'], t: Translate): string {
  const words: Record<Release['role'], string> = {
    live: t('live'),
    canary: t('canary'),
    shadow: t('shadow'),
    starting: t('starting'),
    standby: t('standby'),
    retired: t('retired'),
    failed: t('failed'),
  };
  return words[role];
}

export const ROLE_MOODS: Record<Release['role'], Mood> = {
  live: 'good',
  canary: 'busy',
  shadow: 'off',
  starting: 'busy',
  standby: 'off',
  retired: 'off',
  failed: 'bad',
};

export const HOST_MOODS: Record<Host['state'], { mark: string; mood: Mood }> = {
  ready: { mark: '●', mood: 'good' },
  starting: { mark: '◐', mood: 'busy' },
  draining: { mark: '◌', mood: 'off' },
  crashed: { mark: '✕', mood: 'bad' },
  stopped: { mark: '■', mood: 'off' },
};

export function hostWord(state: Host['state'], t: Translate): string {
  const words: Record<Host['state'], string> = {
    ready: t('ready'),
    starting: t('starting'),
    draining: t('draining'),
    crashed: t('crashed'),
    stopped: t('stopped'),
  };
  return words[state];
}

export const STEP_MARKS: Record<StepState['status'], { mark: string; mood: Mood }> = {
  waiting: { mark: '○', mood: 'off' },
  running: { mark: '◐', mood: 'busy' },
  done: { mark: '✓', mood: 'good' },
  failed: { mark: '✕', mood: 'bad' },
  skipped: { mark: '–', mood: 'off' },
};

export function stepWord(status: StepState['status'], t: Translate): string {
  const words: Record<StepState['status'], string> = {
    waiting: t('waiting'),
    running: t('running'),
    done: t('done'),
    failed: t('failed'),
    skipped: t('skipped'),
  };
  return words[status];
}

export function promotionWord(status: Promotion['status'], t: Translate): string {
  const words: Record<Promotion['status'], string> = {
    queued: t('queued'),
    running: t('running'),
    done: t('done'),
    failed: t('failed'),
    cancelled: t('cancelled'),
    lost: t('lost'),
  };
  return words[status];
}

export function howWord(how: 'replace' | 'canary' | 'shadow' | 'beside', t: Translate): string {
  const words = {
    replace: t('Replace: it takes all the traffic once it is warm'),
    canary: t('Canary: it steps up while it stays within limits'),
    shadow: t('Shadow: it is asked beside, its answers are only compared'),
    beside: t('Beside: no traffic until you give it some'),
  };
  return words[how];
}
