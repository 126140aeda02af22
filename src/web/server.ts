import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { constants } from 'node:zlib';
import compress from '@fastify/compress';
import cookie from '@fastify/cookie';
import formbody from '@fastify/formbody';
import helmet from '@fastify/helmet';
import staticFiles from '@fastify/static';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { Type } from 'typebox';
import { noteSessionUse } from '../flows/admit.ts';
import type { Context } from '../flows/context.ts';
import { health } from '../flows/health.ts';
import { accountRoutes } from './account/routes.tsx';
import { type Door, type Edge, sessionSeen } from './edge.ts';
import { answerBrokenRequest } from './errors/broken-request.tsx';
import { sendErrorPage } from './errors/routes.tsx';
import { form, noQuery, parseForm, parseQuery, refuseUnreadableQuery } from './forms.ts';
import { helpRoutes } from './help/routes.tsx';
import { homeRoutes } from './home/routes.tsx';
import { inboxRoutes } from './inbox/routes.tsx';
import { invitationRoutes } from './invitations/routes.tsx';
import { loginRoutes } from './login/routes.tsx';
import { passwordRoutes } from './password/routes.tsx';
import { receiptRoutes } from './receipts/routes.ts';
import { setUpRoutes } from './set-up/routes.tsx';
import { signUpRoutes } from './sign-up/routes.tsx';

export interface ServerOptions {
  readonly dev: boolean;
  readonly trustedProxies: readonly string[];
  readonly logger: Logger;
}

export type Server = FastifyInstance<
  import('node:http').Server,
  import('node:http').IncomingMessage,
  import('node:http').ServerResponse,
  Logger,
  TypeBoxTypeProvider
>;

export interface RouteEntry {
  readonly method: string;
  readonly url: string;
  readonly door: Door;
}

const version = Type.String({ pattern: '^[a-z0-9]{1,32}$' });
const assetFile = form({
  version,
  file: Type.Union([Type.Literal('sallyport.css'), Type.Literal('favicon.svg')]),
});
const clientFile = form({ version, file: Type.String({ pattern: '^[a-z0-9-]+\\.js$' }) });

/** One step better than the plugin's own: a tenth less for next to no work. */
const BROTLI = {
  params: {
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
    [constants.BROTLI_PARAM_QUALITY]: 5,
  },
};

/** `src/web/` and `dist/web/` lie equally deep below the package. */
const PACKAGE = new URL('../../', import.meta.url);
const ASSETS = new URL('assets/', PACKAGE);
const CLIENT = new URL('dist/client/', PACKAGE);

/** A name for the content of all assets together: it changes when any of them does. */
function versionOfAssets(): string {
  const hash = createHash('sha256');
  for (const folder of [ASSETS, CLIENT]) {
    for (const name of readdirSync(folder).toSorted())
      hash.update(name).update(readFileSync(new URL(name, folder)));
  }
  return hash.digest('hex').slice(0, 12);
}

/** Builds the pages' server. `routes` fills with every route and its door, for the test that walks them. */
export async function createServer(
  ctx: Context,
  options: ServerOptions,
): Promise<{ server: Server; routes: RouteEntry[] }> {
  const secure = ctx.settings.url.startsWith('https:');
  const site = { product: ctx.settings.product, assets: `/assets/${versionOfAssets()}` };
  const edge: Edge = { ctx, secure, dev: options.dev, site };
  const server: Server = Fastify({
    loggerInstance: options.logger,
    // Addresses hold tokens (invitations, resets): requests are logged by route below, never by address.
    logController: new Fastify.LogController({ disableRequestLogging: true }),
    trustProxy: options.trustedProxies.length === 0 ? false : [...options.trustedProxies],
    genReqId: () => randomUUID(),
    bodyLimit: 64 * 1024,
    requestTimeout: 30_000,
    // Node takes the longer of the two for bodies, whichever it is called, and looks only every half minute.
    http: { headersTimeout: 15_000, connectionsCheckingInterval: 5_000 },
    routerOptions: { querystringParser: parseQuery },
    // Both before any hook or handler: an address that cannot be taken apart, and what is not even HTTP.
    frameworkErrors: (error, request, reply) => sendErrorPage(edge, error, request, reply),
    clientErrorHandler: (error, socket) => answerBrokenRequest(edge, error, socket),
    // Nothing is coerced and nothing silently dropped: a field of the wrong type is refused (R67).
    ajv: {
      customOptions: { removeAdditional: false, coerceTypes: false, allErrors: false, useDefaults: false },
    },
    forceCloseConnections: 'idle',
    // What still comes on a connection that a proxy keeps is answered, with `Connection: close`, and not refused.
    return503OnClosing: false,
  }).withTypeProvider<TypeBoxTypeProvider>();

  const routes: RouteEntry[] = [];
  server.addHook('onRoute', (route) => {
    const door = route.config?.door;
    if (door === undefined)
      throw new Error(`${route.method} ${route.url} does not say who may call it (door)`);
    for (const method of [route.method].flat()) routes.push({ method, url: route.url, door });
  });
  server.setErrorHandler((error, request, reply) => sendErrorPage(edge, error, request, reply));
  server.setNotFoundHandler((request, reply) => sendErrorPage(edge, { statusCode: 404 }, request, reply));
  server.decorate('site', site);
  server.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions } = request;
    const ms = Math.round(reply.elapsedTime);
    request.log.info({ method, route: routeOptions.url, status: reply.statusCode, ms }, 'request');
    const session = sessionSeen(request);
    if (session !== null) await noteSessionUse(ctx, session);
  });

  await server.register(cookie);
  // Pages take forms only: JSON would bring numbers, lists and lone surrogates into fields made for text (R67).
  server.removeContentTypeParser(['application/json', 'text/plain']);
  await server.register(formbody, { parser: parseForm, bodyLimit: 64 * 1024 });
  // Pages that show a secret say `compress: false`: their length shall tell nothing of it (BREACH).
  await server.register(compress, { encodings: ['br', 'gzip'], threshold: 1024, brotliOptions: BROTLI });
  await server.register(helmet, helmetOptions(secure));
  // After helmet, so that what is refused here has every header as well.
  server.addHook('onRequest', async (request) => {
    refuseByWrongClock(ctx, request);
    refuseForeignPosts(edge, request);
    refuseUnreadableQuery(request.query);
  });
  await server.register(staticFiles, {
    root: [fileURLToPath(ASSETS), fileURLToPath(new URL('dist/', PACKAGE))],
    prefix: '/assets/',
    serve: false,
    maxAge: '365d',
    immutable: true,
  });
  server.get(
    '/assets/:version/:file',
    { config: { door: 'public' }, schema: { params: assetFile, querystring: noQuery } },
    (request, reply) => reply.sendFile(request.params.file),
  );
  server.get(
    '/assets/:version/client/:file',
    { config: { door: 'public' }, schema: { params: clientFile, querystring: noQuery } },
    (request, reply) => reply.sendFile(`client/${request.params.file}`),
  );
  server.get(
    '/health',
    { config: { door: 'public' }, schema: { querystring: noQuery } },
    async (_request, reply) => {
      const answer = await health(ctx);
      return reply
        .status(answer.status === 'ready' ? 200 : 503)
        .header('cache-control', 'no-store')
        .send(answer);
    },
  );

  signUpRoutes(server, edge);
  loginRoutes(server, edge);
  setUpRoutes(server, edge);
  invitationRoutes(server, edge);
  passwordRoutes(server, edge);
  homeRoutes(server, edge);
  accountRoutes(server, edge);
  helpRoutes(server, edge);
  receiptRoutes(server, edge);
  if (options.dev) inboxRoutes(server, edge);
  return { server, routes };
}

/** By a wrong clock what has ended would live on: nothing is answered but that this node is not ready (D9). */
class ClockWrong extends Error {
  override readonly name = 'ClockWrong';
}

function refuseByWrongClock(ctx: Context, request: FastifyRequest): void {
  if (request.routeOptions.url === '/health' || ctx.clock.mayServe()) return;
  throw new ClockWrong('the clock of this node is wrong');
}

class Foreign extends Error {
  readonly statusCode = 403;
}

/**
 * CSRF (docs/threat-model.md): whatever changes something must come from a page of ours. Browsers say so in
 * Sec-Fetch-Site; those too old for it in Origin. Together with SameSite=Lax cookies that is enough.
 */
function refuseForeignPosts(edge: Edge, request: FastifyRequest): void {
  if (request.method === 'GET' || request.method === 'HEAD') return;
  // No browser's: it proves itself by its own signature, and no cookie is looked at.
  if (request.routeOptions.config.door === 'machine') return;
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) {
    if (site === 'same-origin') return;
    throw new Foreign('This form was not sent from a page of this site.');
  }
  const { origin } = request.headers;
  if (origin === edge.ctx.settings.url) return;
  if (edge.dev && origin !== undefined && isLoopback(URL.parse(origin)?.hostname)) return;
  throw new Foreign('This form was not sent from a page of this site.');
}

export function isLoopback(hostname: string | undefined): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]' || hostname === '::1';
}

function helmetOptions(secure: boolean): Parameters<typeof helmet>[1] {
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
    },
    // `no-referrer` would make browsers send `Origin: null` on our own forms.
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: secure ? { maxAge: 365 * 86_400 } : false,
    xFrameOptions: { action: 'deny' },
  };
}
