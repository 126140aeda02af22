/**
 * The cookies of one browser for one host, after RFC 6265bis. What a browser would silently refuse is thrown here,
 * since in a journey that is always a mistake of the server.
 */
export interface Cookie {
  name: string;
  value: string;
  path: string;
  secure: boolean;
  httpOnly: boolean;
  sameSite: string | undefined;
  /** Unix milliseconds; undefined: until the browser is closed. */
  expiresAt: number | undefined;
}

export interface CookieJar {
  /** Keeps, replaces or deletes what one Set-Cookie line says. */
  store(setCookie: string, requestPath: string): void;
  /** The Cookie header for a path, longest path first; empty if there is none. */
  header(requestPath: string): string;
  all(): Cookie[];
  copy(): CookieJar;
}

export interface CookieJarOptions {
  /** Whether the person sees https in the address bar. */
  https: boolean;
  loopback: boolean;
  now: () => number;
}

export function createCookieJar(options: CookieJarOptions, cookies = new Map<string, Cookie>()): CookieJar {
  const alive = () =>
    [...cookies.values()].filter(({ expiresAt }) => expiresAt === undefined || expiresAt > options.now());
  return {
    store(setCookie, requestPath) {
      const cookie = parseSetCookie(setCookie, requestPath, options.now());
      const fault = faultOf(cookie, setCookie, options);
      if (fault) throw new Error(`A browser would refuse this cookie (${fault}): ${setCookie}`);
      cookies.set(`${cookie.name};${cookie.path}`, cookie);
    },
    header: (requestPath) =>
      alive()
        .filter(({ path }) => pathMatches(path, requestPath))
        .sort((a, b) => b.path.length - a.path.length)
        .map(({ name, value }) => `${name}=${value}`)
        .join('; '),
    all: () => alive().map((cookie) => ({ ...cookie })),
    copy: () => createCookieJar(options, new Map(cookies)),
  };
}

function parseSetCookie(line: string, requestPath: string, nowMs: number): Cookie {
  const [pair = '', ...rest] = line.split(';').map((part) => part.trim());
  const [name, value] = splitAt(pair, '=');
  const attributes = new Map(
    rest.map((part) => splitAt(part, '=')).map(([key, text]) => [key.toLowerCase(), text]),
  );
  const path = attributes.get('path');
  return {
    name,
    value,
    path: path?.startsWith('/') ? path : defaultPath(requestPath),
    secure: attributes.has('secure'),
    httpOnly: attributes.has('httponly'),
    sameSite: attributes.get('samesite'),
    expiresAt: expiryOf(attributes, nowMs),
  };
}

/** Max-Age wins over Expires. */
function expiryOf(attributes: Map<string, string>, nowMs: number): number | undefined {
  const maxAge = attributes.get('max-age');
  if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) return nowMs + Number(maxAge) * 1_000;
  const expires = Date.parse(attributes.get('expires') ?? '');
  return Number.isNaN(expires) ? undefined : expires;
}

function faultOf(cookie: Cookie, line: string, { https, loopback }: CookieJarOptions): string | undefined {
  const hasDomain = /;\s*domain\s*=/i.test(line);
  if (cookie.name === '') return 'no name';
  if (line.length > 4096) return 'over 4096 characters';
  if (cookie.secure && !https && !loopback) return 'Secure on plain http';
  if (/^__(Host|Secure)-/i.test(cookie.name) && !(cookie.secure && https))
    return 'prefix without https and Secure';
  if (/^__Host-/i.test(cookie.name) && cookie.path !== '/') return '__Host- without Path=/';
  if (/^__Host-/i.test(cookie.name) && hasDomain) return '__Host- with Domain';
  if (cookie.sameSite?.toLowerCase() === 'none' && !cookie.secure) return 'SameSite=None without Secure';
  return undefined;
}

function defaultPath(requestPath: string): string {
  return requestPath.slice(0, Math.max(1, requestPath.lastIndexOf('/')));
}

function pathMatches(cookiePath: string, requestPath: string): boolean {
  if (cookiePath === requestPath) return true;
  return requestPath.startsWith(cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`);
}

function splitAt(text: string, separator: string): [before: string, after: string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}
