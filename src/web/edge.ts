import { isIP } from 'node:net';
import Bowser from 'bowser';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { readSession, type SignedIn, whySignedOut } from '../flows/admit.ts';
import type { Context, Tokens, Visitor } from '../flows/context.ts';
import type { Site } from './site.ts';

/**
 * Who may call a route.
 * `public`: anybody; reads at most what the page needs. `machine`: a carrier, proven by its own signature; no cookie
 * is looked at, so nothing can be had by being sent from a browser. `login`: the pages of a login; the only routes that
 * look at the login's cookie. `session`: only with a finished session. `account`: only with a session that is
 * admitted to the account in the address. `development`: only on the developer's own machine.
 */
export type Door = 'public' | 'machine' | 'login' | 'session' | 'account' | 'development';

declare module 'fastify' {
  interface FastifyContextConfig {
    door?: Door;
  }
}

const DAY_SECONDS = 86_400;
const LIFE_SECONDS = {
  // The server judges every life by itself (S2, D1); these only keep browsers tidy.
  login: DAY_SECONDS,
  session: 30 * DAY_SECONDS,
  known: 90 * DAY_SECONDS,
  pass: 8 * DAY_SECONDS,
} as const;
type CookieName = keyof typeof LIFE_SECONDS;

/** S1: `__Host-` where there is https; on plain http on localhost the prefix falls away. */
export interface Edge {
  readonly ctx: Context;
  readonly secure: boolean;
  readonly dev: boolean;
  readonly site: Site;
}

export const cookieName = (edge: Pick<Edge, 'secure'>, name: CookieName): string =>
  edge.secure ? `__Host-${name}` : name;

/** Who stands at the door. Only routes whose door is `login` are handed a login's cookie (D1). */
export function visitorOf(edge: Edge, request: FastifyRequest): Visitor {
  const read = (name: CookieName) => request.cookies[cookieName(edge, name)] || null;
  return {
    network: networkOf(request),
    browser: browserInWords(request.headers['user-agent'] ?? ''),
    languages: (request.headers['accept-language'] ?? '').slice(0, 500),
    loginToken: request.routeOptions.config.door === 'login' ? read('login') : null,
    sessionToken: read('session'),
    knownToken: read('known'),
    // No browser holds more passes than that; a longer cookie is not ours.
    passTokens: (read('pass') ?? '').split('.', 8).filter((t) => t !== ''),
  };
}

/** The address a request came from. Some proxies add a port; what is no address at all is the proxy's own. */
function networkOf(request: FastifyRequest): string {
  const bare = request.ip.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1').replace(/^\[([^\]]+)\](:\d+)?$/, '$1');
  const address = isIP(bare) === 0 ? (request.socket.remoteAddress ?? '') : bare;
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}

/** Sets and clears cookies as a flow asks: Secure, HttpOnly, SameSite=Lax, whole host (S1, R44). */
export function setTokens(edge: Edge, reply: FastifyReply, tokens: Tokens): void {
  const set = (name: CookieName, value: string | null) => {
    reply.setCookie(cookieName(edge, name), value ?? '', {
      path: '/',
      httpOnly: true,
      sameSite: 'lax',
      secure: edge.secure,
      maxAge: value === null ? 0 : LIFE_SECONDS[name],
    });
  };
  if (tokens.login !== undefined) set('login', tokens.login);
  if (tokens.session !== undefined) set('session', tokens.session);
  if (tokens.known !== undefined) set('known', tokens.known);
  if (tokens.passes !== undefined) set('pass', tokens.passes.length === 0 ? null : tokens.passes.join('.'));
}

/** After a POST: see what came of it. 303, never 307, so that no password is posted twice (RFC 9700 §4.12). */
export function seeOther(reply: FastifyReply, address: string): FastifyReply {
  return reply.header('cache-control', 'no-store').redirect(address, 303);
}

/** The session behind a request, read once. */
export async function sessionOf(edge: Edge, request: FastifyRequest): Promise<SignedIn | null> {
  const kept = sessions.get(request);
  if (kept !== undefined) return kept;
  const session = await readSession(edge.ctx, visitorOf(edge, request));
  sessions.set(request, session);
  return session;
}

/** Sends somebody who is not signed in to the log-in page, which says why if there was a session. */
export async function toLogIn(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  account?: string,
): Promise<FastifyReply> {
  const why = await whySignedOut(edge.ctx, visitorOf(edge, request));
  const query = new URLSearchParams();
  if (why !== 'no_session') {
    setTokens(edge, reply, { session: null });
    query.set('because', why === 'pass_over' ? 'pass_over' : 'session_over');
  }
  if (account !== undefined) query.set('account', account);
  return seeOther(reply, query.size === 0 ? '/login' : `/login?${query}`);
}

const sessions = new WeakMap<FastifyRequest, SignedIn | null>();
export const sessionSeen = (request: FastifyRequest): SignedIn | null => sessions.get(request) ?? null;

/**
 * "Chrome on Windows": enough for a person to know whether it was them. Only names of a known list come through:
 * the header is a stranger's text, and it stands in mails that we sign.
 */
export function browserInWords(userAgent: string): string {
  if (userAgent === '') return UNKNOWN_BROWSER;
  const { browser, os } = Bowser.parse(userAgent.slice(0, 500));
  const name = BROWSERS.has(browser.name ?? '') ? browser.name : UNKNOWN_BROWSER;
  return SYSTEMS.has(os.name ?? '') ? `${name} on ${os.name}` : `${name}`;
}

const UNKNOWN_BROWSER = 'an unknown browser';
const BROWSERS = new Set<string>(Object.values(Bowser.BROWSER_MAP));
const SYSTEMS = new Set<string>(Object.values(Bowser.OS_MAP));
