import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { freePort } from './program.ts';
import { startRoundRobin } from './round-robin.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function nodeThat(answers: RequestListener): Promise<number> {
  const server = createServer(answers).listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  closing.push(
    () => server.closeAllConnections(),
    () => server.close(),
  );
  return (server.address() as AddressInfo).port;
}

const textOf = async (origin: string, init?: RequestInit) => (await fetch(origin, init)).text();

it('asks the next node each time, and passes on method, headers, body and what comes back', async () => {
  const echo = (name: string) =>
    nodeThat((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        response.writeHead(201, { 'set-cookie': ['a=1', 'b=2'], 'x-method': request.method });
        response.end(`${name} ${request.headers.cookie} ${Buffer.concat(chunks)}`);
      });
    });
  await using proxy = await startRoundRobin([await echo('one'), await echo('two')]);
  const init = { method: 'POST', body: 'hello', headers: { cookie: 'c=3' } };
  const answer = await fetch(proxy.origin, init);
  expect([answer.status, answer.headers.getSetCookie(), answer.headers.get('x-method')]).toEqual([
    201,
    ['a=1', 'b=2'],
    'POST',
  ]);
  expect(await answer.text()).toBe('one c=3 hello');
  expect(await textOf(proxy.origin, init)).toBe('two c=3 hello');
  expect(await textOf(proxy.origin, init)).toBe('one c=3 hello');
});

it('asks another where a node takes no connection, also with a form in hand', async () => {
  const alive = await nodeThat((_request, response) => void response.end('alive'));
  await using proxy = await startRoundRobin([await freePort(), alive]);
  for (let turn = 0; turn < 4; turn++) {
    expect(await textOf(proxy.origin, { method: 'POST', body: 'x' })).toBe('alive');
  }
  expect([proxy.lost, proxy.refused]).toEqual([0, 0]);
});

it('never sends again what a node may have read', async () => {
  let heard = 0;
  const dying = await nodeThat((request) => {
    heard += 1;
    request.socket.destroy();
  });
  const other = await nodeThat((_request, response) => {
    heard += 1;
    response.end('again');
  });
  await using proxy = await startRoundRobin([dying, other]);
  const answer = await fetch(proxy.origin, { method: 'POST', body: 'x' });
  expect([answer.status, heard, proxy.lost]).toEqual([502, 1, 1]);
});

it('says so when there is no node at all', async () => {
  await using proxy = await startRoundRobin([await freePort(), await freePort()]);
  expect((await fetch(proxy.origin)).status).toBe(502);
  expect([proxy.lost, proxy.refused]).toEqual([0, 1]);
});
