import { describe, expect, it } from 'vitest';
import { isFromDeveloper } from './developer-only.ts';

const HERE = { host: 'localhost:3000' };

describe('the development inbox answers', () => {
  it.each([
    ['127.0.0.1', 'localhost'],
    ['127.0.0.1', 'localhost:3000'],
    ['127.0.0.1', 'LOCALHOST:3000'],
    ['127.0.0.1', '127.0.0.1:3000'],
    ['127.8.9.10', '127.0.0.1'],
    ['::1', '[::1]:3000'],
    ['::1', '[::1]'],
    ['::ffff:127.0.0.1', 'localhost:3000'],
    ['::FFFF:127.0.0.1', 'localhost:3000'],
  ])('a peer %s that asks %s', (peer, host) => {
    expect(isFromDeveloper(peer, { host, accept: '*/*', 'user-agent': 'curl' })).toBe(true);
  });
});

describe('the development inbox is not there for', () => {
  it.each([
    [undefined],
    [''],
    ['10.0.0.5'],
    ['192.168.1.2'],
    ['128.0.0.1'],
    ['1127.0.0.1'],
    ['127.0.0.1.evil.example'],
    ['::2'],
    ['::'],
    ['fe80::1'],
    ['2001:db8::1'],
    ['::ffff:10.0.0.5'],
    ['::ffff:128.0.0.1'],
  ])('the peer %s', (peer) => {
    expect(isFromDeveloper(peer, HERE)).toBe(false);
  });

  it.each([
    [undefined],
    [''],
    ['rebind.evil.example'],
    ['rebind.evil.example:3000'],
    ['localhost.evil.example'],
    ['evil.example#localhost'],
    ['localhost@evil.example'],
    ['localhost:3000:3000'],
    ['localhost:'],
    ['localhost.'],
    ['127.0.0.2'],
    ['127.0.0.1.nip.io'],
    ['0.0.0.0:3000'],
    ['::1'],
    ['[::2]:3000'],
    ['192.168.1.2:3000'],
  ])('the host %s', (host) => {
    expect(isFromDeveloper('127.0.0.1', host === undefined ? {} : { host })).toBe(false);
  });

  it.each([
    'forwarded',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-forwarded-anything',
    'x-real-ip',
    'via',
  ])('a request with %s, whatever it says', (name) => {
    expect(isFromDeveloper('127.0.0.1', { ...HERE, [name]: '' })).toBe(false);
    expect(isFromDeveloper('127.0.0.1', { ...HERE, [name]: '127.0.0.1' })).toBe(false);
  });
});
