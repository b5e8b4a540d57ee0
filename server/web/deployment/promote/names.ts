/** Names of models and endpoints, as the contract has them (schema/src/deployment/endpoint.ts, schema/src/registry/registeredModel.ts). */

const ENDPOINT = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const LONGEST = 63;

/** A name for the address of an endpoint, made of whatever there is: `Späte_Flüge 2.ipynb` → `spate-fluge-2`. */
export function suggestName(...texts: readonly (string | null | undefined)[]): string {
  for (const text of texts) {
    const name = (text ?? '')
      .replace(/\.ipynb$/, '')
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .slice(0, LONGEST)
      .replace(/^-+|-+$/g, '');
    if (name) return name;
  }
  return 'model';
}

export type NameProblem = 'empty' | 'long' | 'letters' | null;

export function endpointProblem(name: string): NameProblem {
  if (name === '') return 'empty';
  if (name.length > LONGEST) return 'long';
  return ENDPOINT.test(name) ? null : 'letters';
}

export function modelProblem(name: string): NameProblem {
  const trimmed = name.trim();
  if (trimmed === '' || trimmed === '.' || trimmed.startsWith('..')) return 'empty';
  if (name.length > 250) return 'long';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
  return /[/:\u0000-\u001f\u007f-\u009f]/.test(name) ? 'letters' : null;
}
