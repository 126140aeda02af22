import { describe, expect, it } from 'vitest';
import { asHtml } from './mail.ts';
import { en, type NoticeEvent, plainName } from './texts.ts';

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

describe('a mail says what it is about', () => {
  it.each([
    ['sign_up', null, 'signing up to Acme ID'],
    ['invitation', null, 'accepting an invitation on Acme ID'],
    ['set_up', 'Meridian', 'setting up two-factor authentication for Meridian on Acme ID'],
    ['set_up', null, 'setting up two-factor authentication on Acme ID'],
    ['trust', 'Meridian', 'using your authenticator for Meridian on Acme ID'],
    ['pass', 'Meridian', 'asking for a pass into Meridian on Acme ID'],
  ] as const)('an e-mailed code names its purpose: %s for %s', (why, account, purpose) => {
    const { text } = en.emailCode({ product: 'Acme ID', code: '123456', why, account });
    expect(text).toContain(`123456 is your code for ${purpose}`);
  });

  it('an account named like the product is named once', () => {
    const invitation = { inviter: null, url: 'https://login.example/x' };
    const same = en.invitation({ product: 'Acme', account: 'acme', ...invitation });
    expect(same.subject).toBe('Join acme');
    expect(same.text).not.toContain('acme on Acme');
    expect(en.invitation({ product: 'Acme', account: 'Meridian', ...invitation }).subject).toBe(
      'Join Meridian on Acme',
    );
  });

  const notice = (what: NoticeEvent, takesAuthenticator: boolean, from = { network: '', browser: '' }) =>
    en.notice({
      product: 'Acme ID',
      name: 'Sam',
      what,
      at: 0,
      ...from,
      url: 'https://login.example/not-me/x',
      takesAuthenticator,
      support: 'help@acme.example',
    }).text;

  it('where a thing was done is left out where it is not known', () => {
    const granted: NoticeEvent = { event: 'pass_granted', account: 'Meridian', endsAt: 0 };
    expect(notice(granted, false)).not.toMatch(/Network address|Browser|unknown/);
    const known = notice(granted, false, { network: '203.0.113.7', browser: 'Firefox' });
    expect(known).toContain('Network address: 203.0.113.7\nBrowser: Firefox');
  });

  it('E7: what "This was not me" does is said of each message: an authenticator is taken away, or stays', () => {
    expect(notice({ event: 'authenticator_added', method: 'totp', replaced: false }, true)).toContain(
      'the authenticator that was set up is taken away',
    );
    expect(notice({ event: 'backup_code_used', left: 3 }, true)).toContain(
      'the authenticator that the backup code belongs to is taken away',
    );
    for (const what of [{ event: 'password_changed' }, { event: 'wrong_codes' }] as const) {
      expect(notice(what, false)).toContain('Your authenticator and your password stay');
      expect(notice(what, false)).not.toContain('taken away');
    }
  });
});
