import { describe, expect, it } from 'vitest';
import { asHtml } from './mail.ts';
import { plainName } from './texts.ts';

describe('T36: a name that a stranger typed, in a mail that we sign', () => {
  it.each([
    'Pay http://203.0.113.7/x',
    'xhttp://203.0.113.7/pay',
    'log in at tax2.com',
    'evil.example',
    '192.0.2.1',
    'evil。example',
    'a\nSubject: b',
    'www.evil.example',
  ])('holds no address and one line: %j', (name) => {
    const plain = plainName(name);
    expect(plain).not.toMatch(/:\/\/|\S\.\S|\S。\S|[\r\n]/u);
  });

  it('is left as it is where it is harmless, and is no novel', () => {
    expect(plainName('Crestline Inc.')).toBe('Crestline Inc.');
    expect(plainName('Åsa & Söner')).toBe('Åsa & Söner');
    expect(plainName('x'.repeat(100))).toHaveLength(60);
  });

  it('only addresses of our own become links, and markup is text', () => {
    const html = asHtml(
      'See https://login.example/a and https://evil.example/b <b>',
      'https://login.example',
    );
    expect(html).toContain('<a href="https://login.example/a">');
    expect(html).not.toContain('href="https://evil.example');
    expect(html).not.toContain('<b>');
  });

  it('an address that only begins like ours is nobody’s link', () => {
    const html = asHtml('https://login.example.evil.example/a', 'https://login.example');
    expect(html).not.toContain('href');
  });
});
