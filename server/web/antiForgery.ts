/**
 * The server's own readable cookie (by the port of its address, if that has one) and Jupyter's, each given back in its header: another
 * site can send cookies but not read them.
 */
export function antiForgery(cookies: string = document.cookie, port: string = location.port): Record<string, string> {
  const named = new Map(
    cookies.split(/;\s*/).map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const),
  );
  const headers: Record<string, string> = {};
  const ours = (port && named.get(`cellkeep_csrf_${port}`)) || named.get('cellkeep_csrf');
  const jupyters = named.get('_xsrf');
  if (ours) headers['x-csrf-token'] = decodeURIComponent(ours);
  if (jupyters) headers['x-xsrftoken'] = decodeURIComponent(jupyters);
  return headers;
}
