/** E4, S01, S03: the text with a code, in every language one segment of GSM-7. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { sizeText } from './sms/gsm7.ts';
import { inGsm7, TEXT_LANGUAGES, textCode, textLanguage } from './text-code.ts';

const given = {
  product: 'Gate',
  code: '493817',
  host: 'login.example.com',
  purpose: 'code',
  language: 'en',
} as const;

it('E4, S03: code first, what for, how long, never to be shared; the last line is bound to our host', () => {
  expect(textCode(given)).toBe(
    '493817 is your Gate code for logging in. It works for 10 minutes. Never share it.\n\n@login.example.com #493817',
  );
  expect(textCode({ ...given, purpose: 'enroll' })).toContain('for setting up');
});

it('there are at least eleven languages, each with words of its own', () => {
  for (const language of ['en', 'de', 'fr', 'es', 'it', 'pt', 'nl', 'sv', 'da', 'nb', 'fi']) {
    expect(TEXT_LANGUAGES).toContain(language);
  }
  expect(new Set(TEXT_LANGUAGES.map((language) => textCode({ ...given, language }))).size).toBe(
    TEXT_LANGUAGES.length,
  );
});

describe.each(TEXT_LANGUAGES)('%s', (language) => {
  it.each(['code', 'enroll'] as const)(
    'S03: says everything where the names are of usual length (%s)',
    (purpose) => {
      const text = textCode({
        ...given,
        product: 'Meridian Pictures',
        host: 'login.meridian-pictures.com',
        language,
        purpose,
      });
      expect(text).toMatch(/^493817 /);
      expect(text).toContain('Meridian Pictures');
      expect(text).toContain('10');
      expect(text.split(/[.!] ?/).length).toBeGreaterThan(3);
      expect(text).toMatch(/\n\n@login\.meridian-pictures\.com #493817$/);
    },
  );

  it('S03: is one segment whatever the names are (property)', () => {
    // What the settings allow: a name of at most 40 characters without : / < > and control signs; any host of DNS.
    const product = fc
      .oneof(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 40 }))
      .filter((text) => text.length <= 40 && !/[\p{C}:/<>]/u.test(text));
    const host = fc.oneof(
      fc.domain(),
      fc.stringMatching(/^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){0,3}$/),
      fc.constantFrom('localhost', '127.0.0.1', '[::1]', `${'a'.repeat(60)}.`.repeat(4)),
    );
    fc.assert(
      fc.property(product, host, fc.constantFrom('code' as const, 'enroll' as const), (p, h, purpose) => {
        const text = textCode({ code: '012345', product: p, host: h, purpose, language });
        expect(sizeText(text)).toMatchObject({ alphabet: 'gsm7', segments: 1 });
        expect(text.startsWith('012345')).toBe(true);
        // The bound line is left out only where not even the code alone would fit beside it.
        if (h.length <= 120) expect(text.endsWith(`\n@${h} #012345`)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

test.each([
  ['Café Zürich', 'Café Zürich'],
  ['Ångström', 'Ångström'],
  ['São Łódź', 'Sao Lodz'],
  ['Müller’s “Gate” – 1', 'Müller\'s "Gate" - 1'],
  ['門 Gate', 'Gate'],
  ['🔐', ''],
  ['A\u00a0B', 'A B'],
])('a name in the letters of GSM-7: %s → %s', (name, expected) => {
  expect(inGsm7(name)).toBe(expected);
});

it('a name without any such letter is left out, and the sentence stays one', () => {
  expect(textCode({ ...given, product: '門' })).toMatch(/^493817 is your code\. It works/);
});

test.each([
  ['', 'en'],
  ['de-AT,de;q=0.9,en;q=0.8', 'de'],
  ['en-GB,en;q=0.9,fr;q=0.8', 'en'],
  ['ja,fr;q=0.3,it;q=0.5', 'it'],
  ['ja', 'en'],
  ['no', 'nb'],
  ['nn-NO', 'nb'],
  ['PT-BR', 'pt'],
  ['fr;q=0,de;q=0.1', 'de'],
  ['de;q=x', 'en'],
  ['*', 'en'],
  ['constructor,__proto__,fi', 'fi'],
])('RFC 9110 §12.5.4: "%s" → %s', (header, expected) => {
  expect(textLanguage(header)).toBe(expected);
});

it('a language that nobody knows any more is English', () => {
  expect(textCode({ ...given, language: 'toString' })).toBe(textCode(given));
});
