import { type ReactElement, useEffect, useRef, useState } from 'react';

/** A text that becomes a field where it stands. Enter or leaving keeps it, Escape does not. */
export function InlineEdit({
  value,
  label,
  onSave,
  isEditing,
  onEditing,
  className = '',
}: {
  value: string;
  label: string;
  onSave: (value: string) => void;
  isEditing: boolean;
  onEditing: (editing: boolean) => void;
  className?: string;
}): ReactElement {
  const [text, setText] = useState(value);
  const field = useRef<HTMLInputElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change from elsewhere must not replace what is being typed
  useEffect(() => {
    if (!isEditing) return;
    setText(value);
    field.current?.select();
  }, [isEditing]);
  if (!isEditing) return <span className={className}>{value}</span>;
  const finish = (keep: boolean) => {
    onEditing(false);
    const clean = text.trim();
    if (keep && clean && clean !== value) onSave(clean);
  };
  return (
    <input
      ref={field}
      className={`ck-inline-edit ${className}`}
      aria-label={label}
      value={text}
      maxLength={250}
      // biome-ignore lint/a11y/noAutofocus: the person has just asked to type here
      autoFocus
      onChange={(event) => setText(event.target.value)}
      onClick={(event) => event.stopPropagation()}
      onBlur={() => finish(true)}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === 'Enter') finish(true);
        if (event.key === 'Escape') {
          event.preventDefault();
          finish(false);
        }
      }}
    />
  );
}
