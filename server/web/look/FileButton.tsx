import type { ReactElement } from 'react';
import { Icon } from './icons.tsx';

/** A file of this computer; told of again where the same one is chosen again, which may have been corrected. */
export function FileButton({
  label,
  accept,
  isSmall = false,
  isDisabled = false,
  onFile,
}: {
  label: string;
  accept: string;
  isSmall?: boolean;
  isDisabled?: boolean;
  onFile: (file: File) => void;
}): ReactElement {
  return (
    <label className={isSmall ? 'ck-btn ck-small ck-file-btn' : 'ck-btn ck-file-btn'} data-disabled={isDisabled ? '' : undefined}>
      <Icon name="upload" size={isSmall ? 13 : 14} /> <span>{label}</span>
      <input
        type="file"
        accept={accept}
        disabled={isDisabled}
        onChange={({ currentTarget }) => {
          const [file] = currentTarget.files ?? [];
          currentTarget.value = '';
          if (file) onFile(file);
        }}
      />
    </label>
  );
}
