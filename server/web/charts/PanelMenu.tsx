import type { ReactElement, RefObject } from 'react';
import { useHost, useTranslate } from '../host.ts';
import { Icon } from '../look/icons.tsx';
import { MenuButton } from '../look/Menu.tsx';
import { errorText } from '../look/states.tsx';
import { type CurveSource, type FileKind, saveCurves } from './curveFiles.ts';
import type { Plot } from './plot.ts';

interface PanelMenuProps {
  metric: string;
  isTable: boolean;
  onTable: () => void;
  isHeld: boolean;
  onHold: () => void;
  isFull: boolean;
  onFull: () => void;
  source: CurveSource;
  plot: RefObject<Plot | null>;
  element: RefObject<HTMLElement | null>;
}

export function PanelMenu({ metric, source, plot, element, ...at }: PanelMenuProps): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const save = async (kind: FileKind) => {
    if (!plot.current || !element.current) return;
    try {
      await saveCurves(kind, source, plot.current, element.current);
    } catch (error) {
      host.notify(errorText(error, t), 'error');
    }
  };
  return (
    <MenuButton
      label={t('More for {metric}', { metric })}
      className="ck-icon-btn ck-panel-menu"
      align="end"
      items={() => [
        { label: t('Full screen'), checked: at.isFull, onSelect: at.onFull },
        { label: t('Hold the y axis'), checked: at.isHeld, disabled: at.isTable, onSelect: at.onHold },
        { label: t('As a table'), checked: at.isTable, onSelect: at.onTable },
        null,
        { label: t('Save as PNG'), icon: 'download', disabled: at.isTable, onSelect: () => void save('png') },
        { label: t('Save as SVG'), icon: 'download', disabled: at.isTable, onSelect: () => void save('svg') },
        { label: t('Save data as CSV'), icon: 'download', disabled: at.isTable, onSelect: () => void save('csv') },
      ]}
    >
      <Icon name="more" size={14} />
    </MenuButton>
  );
}
