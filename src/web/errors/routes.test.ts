import Fastify from 'fastify';
import { Type } from 'typebox';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Edge } from '../edge.ts';
import { form, text } from '../forms.ts';
import { sendErrorPage } from './routes.tsx';

const edge = { ctx: { settings: { support: 'help@example.com' } } } as Edge;
const lines: { level: number; err?: { message: string } }[] = [];

/** Nothing but the error pages: no cookies, no security headers of others. */
function bareServer() {
  const server = Fastify({
    logger: { level: 'info', stream: { write: (line: string) => lines.push(JSON.parse(line)) } },
    frameworkErrors: (error, request, reply) => sendErrorPage(edge, error, request, reply),
    bodyLimit: 1000,
  });
  server.decorate('site', { product: 'Sallyport', assets: '/assets/0' });
  server.setErrorHandler((error, request, reply) => sendErrorPage(edge, error, request, reply));
  server.setNotFoundHandler((request, reply) => sendErrorPage(edge, { statusCode: 404 }, request, reply));
  server.post(
    '/form',
    { schema: { body: form({ name: text(5), more: Type.Optional(text(5)) }) } },
    () => 'ok',
  );
  server.get('/broken', () => {
    throw new Error('the secret cause');
  });
  server.get('/busy', () => {
    throw Object.assign(new Error('full'), { name: 'HashingOverloaded' });
  });
  return server;
}

afterEach(() => {
  lines.length = 0;
});

const errors = () => lines.filter(({ level }) => level >= 50);

describe('an error page', () => {
  it.each([
    ['/nothing', 404],
    ['/login/%FF', 400],
    [`/${'a'.repeat(200)}`, 404],
  ] as const)('%s is %i, whole, not cached and not logged', async (url, status) => {
    const answer = await bareServer().inject(url);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
    expect(answer.body).toMatch(/^<!doctype html>.*<h1>/s);
    expect(errors()).toEqual([]);
  });

  it('names the field that cannot be read, and never what it holds', async () => {
    const answer = await bareServer().inject({
      method: 'POST',
      url: '/form',
      payload: { name: 'my secret' },
    });
    expect(answer.statusCode).toBe(400);
    expect(answer.body).toContain('“name” is too long: it takes at most 5 characters');
    expect(answer.body).not.toContain('secret');
    expect(errors()).toEqual([]);
  });

  it('says nothing of what went wrong on our side but the number it is logged under', async () => {
    const server = bareServer();
    server.addHook('onRequest', async (request) => {
      request.id = 'number-7';
    });
    const answer = await server.inject('/broken');
    expect(answer.statusCode).toBe(500);
    expect(answer.body).toContain('number-7');
    expect(answer.body).toContain('help@example.com');
    expect(answer.body).not.toContain('secret cause');
    expect(errors().map(({ err }) => err?.message)).toEqual(['the secret cause']);
  });

  it('asks to come back when too many wait', async () => {
    const answer = await bareServer().inject('/busy');
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('2');
    expect(errors()).toEqual([]);
  });

  it('is a problem for callers that want JSON', async () => {
    const answer = await bareServer().inject({ url: '/nothing', headers: { accept: 'application/json' } });
    expect(answer.statusCode).toBe(404);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.json()).toMatchObject({ type: 'about:blank', title: 'Page not found', status: 404 });
  });

  it('never throws, whatever breaks on the way to it', async () => {
    const server = bareServer();
    server.get('/worse', (request, reply) => {
      vi.spyOn(reply, 'headers').mockImplementation(() => {
        throw new Error('broken too');
      });
      return sendErrorPage(edge, new Error('first'), request, reply);
    });
    const answer = await server.inject('/worse');
    expect(answer.statusCode).toBe(500);
    expect(errors().map(({ err }) => err?.message)).toEqual(['first', 'broken too']);
  });
});
