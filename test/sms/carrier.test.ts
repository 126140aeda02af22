import { expect, it } from 'vitest';
import { isCode, NotSent } from '../../src/delivery/sms/carrier.ts';
import { expectSilentAbout, NUMBER, TEXT } from '../support/sms-messages.ts';

it('an error holds a kind and a code', () => {
  const error = new NotSent('number', '21211');
  expect(error).toMatchObject({ name: 'NotSent', kind: 'number', detail: '21211' });
  expect(error.message).toBe('text message not sent: number (21211)');
});

it.each([NUMBER, NUMBER.slice(1), 'about 4477009001', TEXT, '493817', '', 'x'.repeat(81), 'a\nb'])(
  'and nothing that may be a number, a text or a code of ours: %j',
  (detail) => {
    const error = new NotSent('unknown', detail);
    expect(error.detail).toBe('unreadable');
    expectSilentAbout(error, detail === '' ? [] : [detail]);
  },
);

it.each(['ECONNREFUSED', '21211', 'HTTP_503', 'ESME_RTHROTTLED', '0x0400', 'account-suspended', '069'])(
  '%s is a code',
  (code) => {
    expect(isCode(code)).toBe(true);
  },
);
