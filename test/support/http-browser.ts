/**
 * A browser without a screen, for journeys over real HTTP: it keeps cookies, sends the headers that tell our own
 * form from a stranger's, and shows each answer as it came. It uses node:http, as `fetch` keeps Host and
 * Sec-Fetch-Mode to itself.
 */
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { type Cookie, createCookieJar } from './cookie-jar.ts';
import { visibleText } from './read-html.ts';

export { type Form, forms, hasField, visibleText } from './read-html.ts';

/** Names in any case; `undefined` leaves out a header that would be sent otherwise. */
export type Headers = Record<string, string | undefined>;

export interface Answer {
  status: number;
  /** As the server wrote it. */
  location: string | undefined;
  headers: IncomingHttpHeaders;
  /** The Set-Cookie lines. */
  setCookies: string[];
  body: string;
  /** The body before it was read as UTF-8, for pictures. */
  bytes: Buffer;
  /** Roughly what a person reads. */
  text: string;
  /** Path and query that were asked. */
  path: string;
}

export interface HttpBrowser {
  /** Types an address. Redirects are not followed. */
  get(path: string, headers?: Headers): Promise<Answer>;
  /** Sends a form of our own page; a string is sent as it is, with the content type among `headers` if it is no form. */
  post(path: string, fields: Fields, headers?: Headers): Promise<Answer>;
  /** Follows redirects, at most ten, to the page at their end, or to the redirect that leads to another site. */
  follow(answer: Answer): Promise<Answer>;
  /** The cookies that have not expired. */
  cookies(): Cookie[];
  /** Another browser with the same cookies; from here on they go their own ways. */
  copy(): HttpBrowser;
}

export type Fields = Record<string, string> | URLSearchParams | string;

export interface HttpBrowserOptions {
  /**
   * Sent with every request. To stand behind a proxy that speaks https, give `origin` (and `host`): an https
   * `origin` also makes the browser accept `__Host-` cookies over this plain connection.
   */
  headers?: Headers;
  /** When cookies expire: hand over the server's clock if a test moves it. */
  now?: () => number;
}

const USER_AGENT =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0.0.0 Safari/537.36';

const NAVIGATION: Headers = {
  accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
  'accept-language': 'en-GB,en;q=0.9',
  'sec-fetch-dest': 'document',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-user': '?1',
  'user-agent': USER_AGENT,
};

/** One connection per request, so that nothing stays open when a test ends. */
const agent = new Agent({ keepAlive: false });

export function createHttpBrowser(origin: string, options: HttpBrowserOptions = {}): HttpBrowser {
  const own = lowerCased(options.headers ?? {});
  const publicOrigin = own.origin ?? new URL(origin).origin;
  const jar = createCookieJar({
    https: publicOrigin.startsWith('https:'),
    loopback: ['localhost', '127.0.0.1', '[::1]'].includes(new URL(publicOrigin).hostname),
    now: options.now ?? Date.now,
  });
  return browserWith(jar);

  function browserWith(cookies: typeof jar): HttpBrowser {
    const ask = async (method: string, path: string, body: string, extra: Headers): Promise<Answer> => {
      const url = new URL(path, origin);
      const cookie = cookies.header(url.pathname) || undefined;
      const { origin: _, ...always } = own;
      const headers = { ...NAVIGATION, cookie, ...always, ...lowerCased(extra) };
      const answer = await exchange(method, url, headers, body);
      for (const line of answer.setCookies) cookies.store(line, url.pathname);
      return answer;
    };

    return {
      get: (path, headers = {}) => ask('GET', path, '', { 'sec-fetch-site': 'none', ...lowerCased(headers) }),
      post: (path, fields, headers = {}) =>
        ask('POST', path, typeof fields === 'string' ? fields : new URLSearchParams(fields).toString(), {
          'content-type': 'application/x-www-form-urlencoded',
          'sec-fetch-site': 'same-origin',
          origin: publicOrigin,
          ...lowerCased(headers),
        }),
      async follow(answer) {
        let last = answer;
        for (let turns = 0; turns < 10; turns++) {
          const next = nextPath(last);
          if (next === undefined) return last;
          last = await ask('GET', next, '', { 'sec-fetch-site': 'same-origin' });
        }
        if (nextPath(last) === undefined) return last;
        throw new Error(
          `More than ten redirects from ${answer.path}; the last one leads to ${last.location}`,
        );
      },
      cookies: () => cookies.all(),
      copy: () => browserWith(cookies.copy()),
    };
  }

  /** Where a redirect leads within the site; undefined if the answer is none, or leads elsewhere. */
  function nextPath({ status, location, path }: Answer): string | undefined {
    if (![301, 302, 303].includes(status) || location === undefined) return undefined;
    const url = new URL(location, new URL(path, publicOrigin));
    const here = [publicOrigin, new URL(origin).origin].includes(url.origin);
    return here ? url.pathname + url.search : undefined;
  }
}

function exchange(method: string, url: URL, headers: Headers, body: string): Promise<Answer> {
  const sent = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
  if (method === 'POST') sent['content-length'] ??= String(Buffer.byteLength(body));
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers: sent, agent }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const text = bytes.toString('utf8');
        resolve({
          status: incoming.statusCode ?? 0,
          location: incoming.headers.location,
          headers: incoming.headers,
          setCookies: incoming.headers['set-cookie'] ?? [],
          body: text,
          bytes,
          text: visibleText(text),
          path: url.pathname + url.search,
        });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function lowerCased(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
