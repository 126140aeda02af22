import type { Socket } from 'node:net';
import { renderToString } from 'preact-render-to-string';
import type { Edge } from '../edge.ts';
import { SiteContext } from '../site.ts';
import { type ErrorKind, STATUS } from './faults.ts';
import { ErrorPage } from './pages.tsx';
import { BARE_HEADERS } from './routes.tsx';

const REASONS: Partial<Record<ErrorKind, string>> = {
  unreadable: 'Bad Request',
  too_slow: 'Request Timeout',
  headers_too_large: 'Request Header Fields Too Large',
};

/** What is not even HTTP, too long or too slow has no request and no reply: the page goes straight out. */
export function answerBrokenRequest(edge: Edge, error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable) socket.write(answer(edge, kindOfBreak(error.code)));
  socket.destroy(error);
}

function kindOfBreak(code: string | undefined): ErrorKind {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'too_slow';
  return code === 'HPE_HEADER_OVERFLOW' ? 'headers_too_large' : 'unreadable';
}

function answer(edge: Edge, kind: ErrorKind): string {
  const model = { lang: 'en', kind, fault: null, requestId: null, support: edge.ctx.settings.support };
  const named = (
    <SiteContext.Provider value={edge.site}>
      <ErrorPage {...model} />
    </SiteContext.Provider>
  );
  const page = `<!doctype html>${renderToString(named)}`;
  const headers = {
    ...BARE_HEADERS,
    'cache-control': 'no-store',
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(page),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return `HTTP/1.1 ${STATUS[kind]} ${REASONS[kind] ?? 'Error'}\r\n${lines.join('\r\n')}\r\n\r\n${page}`;
}
