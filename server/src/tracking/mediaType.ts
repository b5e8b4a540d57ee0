/** Media types of artifacts: what is stored with them, and what browsers are told. */

const TYPE = /^([a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126})\s*(?:;|$)/;
const CHARSET = /;\s*charset="?([a-z0-9_:.-]{1,40})"?\s*(?:;|$)/;
const BYTES = 'application/octet-stream';
/** What curl sends of its own accord with --data-binary: it says nothing about the file. */
const FORM = 'application/x-www-form-urlencoded';

/** What a person of the trade keeps with a run; anything else is bytes. */
const BY_ENDING: Record<string, string> = {
  ...{ txt: 'text/plain', log: 'text/plain', md: 'text/markdown', csv: 'text/csv', tsv: 'text/tab-separated-values' },
  ...{ json: 'application/json', jsonl: 'application/x-ndjson', ndjson: 'application/x-ndjson', ipynb: 'application/x-ipynb+json' },
  ...{ yaml: 'application/yaml', yml: 'application/yaml', toml: 'application/toml', xml: 'application/xml' },
  ...{ html: 'text/html', htm: 'text/html', css: 'text/css', js: 'text/javascript', py: 'text/x-python', sql: 'application/sql' },
  ...{ png: 'image/png', jpg: 'image/jpeg', jpeg: 'image/jpeg', gif: 'image/gif', webp: 'image/webp', svg: 'image/svg+xml' },
  ...{ avif: 'image/avif', bmp: 'image/bmp', pdf: 'application/pdf', mp4: 'video/mp4', webm: 'video/webm', wav: 'audio/wav' },
  ...{ mp3: 'audio/mpeg', zip: 'application/zip', gz: 'application/gzip', tar: 'application/x-tar' },
  ...{ parquet: 'application/vnd.apache.parquet', arrow: 'application/vnd.apache.arrow.file' },
};

/** Type and charset of a `content-type` header, in lower case and without anything else; null where it says nothing. */
export function mediaTypeOf(header: string | undefined): string | null {
  const given = (header ?? '').trim().toLowerCase();
  const [, type] = TYPE.exec(given) ?? [];
  if (!type || type === FORM) return null;
  const [, charset] = CHARSET.exec(given) ?? [];
  return charset ? `${type}; charset=${charset}` : type;
}

/** By the ending of its name; bytes of unknown kind are application/octet-stream. */
export function guessMediaType(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  const ending = name.slice(name.lastIndexOf('.') + 1);
  return (Object.hasOwn(BY_ENDING, ending) && BY_ENDING[ending]) || BYTES;
}

/** Type without parameters, and the charset where there is one. */
export function partsOf(mediaType: string): { type: string; charset: string | null } {
  const [, charset = null] = CHARSET.exec(mediaType) ?? [];
  return { type: mediaType.split(';')[0]?.trim() ?? '', charset };
}

const SCRIPT_OR_STYLE = /^(text|application)\/(x-)?(java|ecma|j|live)script(1\.\d)?$|^text\/css$/;
/** Parts with headers of their own, which browsers have taken for the server's. */
const ENVELOPE = /^(multipart|message)\/|^application\/http$/;

/**
 * The `content-type` that a browser gets. A policy in the answer holds a page or picture that is opened, but not a script or style
 * that another page loads: those are plain text, which `nosniff` keeps from being run.
 */
export function servedType(mediaType: string): string {
  const { type, charset } = partsOf(mediaType);
  if (ENVELOPE.test(type)) return BYTES;
  const shown = SCRIPT_OR_STYLE.test(type) ? 'text/plain' : type;
  // HTML and XML may name their charset themselves, and a word here would overrule it.
  const assumed = /^text\/(?!html$|xml$)/.test(shown) ? 'utf-8' : null;
  const told = charset ?? assumed;
  return told ? `${shown}; charset=${told}` : shown;
}
