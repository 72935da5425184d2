/** Is this host this machine itself? What goes there can be read by nobody on the way. */
export const isLoopback = (hostname: string): boolean => /^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname);

/** Why this is no address of a server: scheme, host, port. Undefined where it is one. It ends up in records, so it must hold no secret. */
export function wrongAddress(text: string): string | undefined {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return 'must begin with http:// or https://';
  const { username, password, pathname, search } = new URL(text);
  if (username || password) return 'must name no user and no password';
  return pathname !== '/' || search ? 'must have no path behind the host' : undefined;
}
