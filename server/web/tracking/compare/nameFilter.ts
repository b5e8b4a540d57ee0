/** What is typed is a part of a name, never grammar: what could end the quoted text stands for any one character instead. */
export function nameFilter(typed: string): string {
  const part = typed.trim().replace(/['"\\%]/g, '_');
  return part ? `attributes.name ILIKE '%${part}%'` : '';
}
