import { useEffect, useState } from 'react';

const TYPING = 200; // ms without a key before the list follows

export interface NameSearch {
  /** What stands in the field. */
  text: string;
  /** What the list is searched for: the text of a moment ago, without spaces around it; empty: all are shown. */
  name: string;
  setText: (text: string) => void;
  /** Shows all again, at once. */
  clear: () => void;
}

export function useNameSearch(): NameSearch {
  const [text, setText] = useState('');
  const [name, setName] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setName(text.trim()), TYPING);
    return () => clearTimeout(timer);
  }, [text]);
  const clear = () => {
    setText('');
    setName('');
  };
  return { text, name, setText, clear };
}
