/** A field of one line, with a name for who cannot see it and a hint for who can. */
import type { InputHTMLAttributes } from 'react';

interface LineFieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange' | 'aria-label' | 'placeholder' | 'value'> {
  value: string;
  onText: (text: string) => void;
  label: string;
  /** Empty: none. */
  hint?: string;
}

export function LineField({ value, onText, label, hint, className = '', ...rest }: LineFieldProps) {
  return (
    <input
      {...rest}
      className={`ck-field ${className}`.trimEnd()}
      value={value}
      aria-label={label}
      placeholder={hint}
      onChange={(event) => onText(event.target.value)}
    />
  );
}
