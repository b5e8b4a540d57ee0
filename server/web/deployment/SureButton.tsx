import { type ReactElement, useState } from 'react';
import { Icon, type IconName } from '../look/icons.tsx';

/** What reaches other people at once takes two presses; the second stands in the place of the first and says what it does. */
export function SureButton({
  label,
  sure,
  icon,
  title,
  onSure,
  isSmall = false,
}: {
  label: string;
  sure: string;
  icon?: IconName;
  title?: string;
  onSure: () => void;
  isSmall?: boolean;
}): ReactElement {
  const [isSure, setSure] = useState(false);
  const size = isSmall ? ' ck-small' : '';
  return (
    <button
      // Two buttons and not one that changes: a double press must not do what one press only asked.
      key={isSure ? 'sure' : 'ask'}
      type="button"
      className={isSure ? `ck-btn ck-danger${size}` : `ck-btn${size}`}
      title={title}
      // biome-ignore lint/a11y/noAutofocus: it stands where the person has just pressed
      autoFocus={isSure}
      onBlur={() => setSure(false)}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !isSure) return;
        event.stopPropagation();
        setSure(false);
      }}
      onClick={() => {
        setSure(!isSure);
        if (isSure) onSure();
      }}
    >
      {icon && <Icon name={icon} size={14} />} {isSure ? sure : label}
    </button>
  );
}
