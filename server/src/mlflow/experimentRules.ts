/** What an experiment may be named, and where its runs' files may lie. */
import { invalidParameter } from './errors.ts';

const LONGEST_NAME = 500;
const LONGEST_LOCATION = 2_048;

export function checkExperimentName(name: string): void {
  if (name.length > LONGEST_NAME) throw invalidParameter(`'name' exceeds the maximum length of ${LONGEST_NAME} characters`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
  if (/[\u0000-\u001f\u007f]/.test(name)) throw invalidParameter(`Invalid experiment name: '${name}'. It holds control characters.`);
}

/** Where clients will put files: nothing that leads elsewhere than it says. */
export function checkedLocation(location: string): string {
  const refused = (why: string) => invalidParameter(`Invalid artifact location '${location.slice(0, 200)}': ${why}`);
  if (location.length > LONGEST_LOCATION) {
    throw invalidParameter(
      `Invalid artifact path length. The length of the artifact path cannot be greater than ${LONGEST_LOCATION} characters.`,
    );
  }
  if (/^runs:/i.test(location)) throw invalidParameter(`Artifact location cannot be a runs:/ URI. Given: '${location}'`);
  if (/[#;]/.test(location)) throw invalidParameter("'artifact_location' URL can't include fragments or params.");
  if (/\.\./.test(decodeFully(location.split('?').slice(1).join('?')))) throw invalidParameter('Invalid query string');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
  if (/[\u0000-\u001f\u007f]/.test(location)) throw refused('it holds control characters.');
  if (decodeFully(location).split('/').includes('..')) throw refused("it holds '..'.");
  return location;
}

function decodeFully(text: string): string {
  let at = text;
  for (let i = 0; i < 10; i++) {
    const next = at.replace(/%[0-9a-f]{2}/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
    if (next === at) break;
    at = next;
  }
  return at;
}
