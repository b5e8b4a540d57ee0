/** The header that tells a browser to save what it gets, under a name (RFC 6266). */

/** A name that needs no quotes (RFC 9110, 5.6.2). */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const ASCII = /^[\x20-\x7e]*$/;

/** @example attachmentNamed('roc curve.png') // attachment; filename="roc curve.png" */
export function attachmentNamed(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (ASCII.test(name)) return `attachment; filename=${quoted(name)}`;
  const plain = name.normalize('NFKD').replace(/[^\x20-\x7e]/g, '') || 'download';
  return `attachment; filename=${quoted(plain)}; filename*=UTF-8''${extended(name)}`;
}

const quoted = (name: string) => (TOKEN.test(name) ? name : `"${name.replace(/["\\]/g, '\\$&')}"`);
/** RFC 8187: what encodeURIComponent leaves as it is, and the grammar does not. */
const extended = (name: string) =>
  encodeURIComponent(name.toWellFormed()).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
