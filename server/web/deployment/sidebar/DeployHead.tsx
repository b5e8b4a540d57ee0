import type { ReactElement, RefObject } from 'react';
import { type Translate, useTranslate } from '../../host.ts';
import type { KeyHint } from '../../look/Keys.tsx';
import { SideHead } from '../../look/SideHead.tsx';

export function DeployHead({ scope, onRefresh }: { scope: RefObject<HTMLElement | null>; onRefresh: () => void }): ReactElement {
  const t = useTranslate();
  return <SideHead title={t('Deploy')} scope={scope} keys={keyHints(t)} view={{ view: 'endpoints' }} onRefresh={onRefresh} />;
}

const keyHints = (t: Translate): KeyHint[] => [
  ['↑ ↓', t('go from endpoint to endpoint')],
  ['Enter', t('open the endpoint beside the notebook')],
  ['/', t('go to the search')],
  ['?', t('show these keys')],
];
