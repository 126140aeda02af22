import { describe, expect, it } from 'vitest';
import { appFromAddress, appFromKey, decodeBase32 } from './authenticator-app.ts';

/** The SHA-1 rows of RFC 6238 appendix B, whose eight-digit codes end in the six that apps show. */
const rfc6238: [seconds: number, code: string][] = [
  [59, '94287082'],
  [1111111109, '07081804'],
  [1111111111, '14050471'],
  [1234567890, '89005924'],
  [2000000000, '69279037'],
  [20000000000, '65353130'],
];
/** The key of those rows, the ASCII text 12345678901234567890. */
const RFC_KEY = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

/** RFC 4226 appendix D: counters 0 to 9 with the same key. */
const rfc4226 = '755224 287082 359152 969429 338314 254676 287922 162583 399871 520489'.split(' ');

const ADDRESS = `otpauth://totp/Sallyport:ada%40example.com?secret=${RFC_KEY}&issuer=Sallyport&algorithm=SHA1&digits=6&period=30`;

describe('the authenticator app', () => {
  it.each(rfc6238)('shows the code of RFC 6238 at second %i', (seconds, eightDigits) => {
    const app = appFromKey(RFC_KEY);
    expect(app.codeAt(seconds * 1_000)).toBe(eightDigits.slice(2));
    expect(app.codeAt(seconds * 1_000 + 999)).toBe(eightDigits.slice(2));
  });

  it('shows the codes of RFC 4226, one per half minute, and changes them on the half minute', () => {
    const app = appFromKey(RFC_KEY);
    expect(rfc4226.map((_, step) => app.codeAt(step * 30_000))).toEqual(rfc4226);
    expect(rfc4226.map((_, step) => app.codeAt(step * 30_000 + 29_999))).toEqual(rfc4226);
  });

  it('keeps leading zeros', () => {
    expect(appFromKey(RFC_KEY).codeAt(1111111109_000)).toBe('081804');
  });

  it('takes the key by hand in groups of four and small letters', () => {
    const app = appFromKey('gezd gnbv gy3t qojq gezd gnbv gy3t qojq');
    expect(app).toMatchObject({ secret: RFC_KEY, issuer: '', label: '' });
    expect(app.codeAt(59_000)).toBe('287082');
  });

  it('scans an address', () => {
    const app = appFromAddress(ADDRESS);
    expect(app).toMatchObject({ secret: RFC_KEY, issuer: 'Sallyport', label: 'Sallyport:ada@example.com' });
    expect(app.codeAt(59_000)).toBe('287082');
  });

  it('scans names with spaces and letters beyond ASCII', () => {
    const name = encodeURIComponent('Café Größe');
    const app = appFromAddress(`otpauth://totp/${name}:ada?secret=${RFC_KEY}&issuer=${name}`);
    expect(app).toMatchObject({ issuer: 'Café Größe', label: 'Café Größe:ada' });
  });

  it.each([
    ['another algorithm', ADDRESS.replace('SHA1', 'SHA256'), /algorithm=SHA256/],
    ['eight digits', ADDRESS.replace('digits=6', 'digits=8'), /digits=8/],
    ['another period', ADDRESS.replace('period=30', 'period=60'), /period=60/],
    ['a counter', ADDRESS.replace('totp', 'hotp'), /otpauth:\/\/totp/],
    ['a web address', 'https://example.com/', /otpauth:\/\/totp/],
    ['no label', `otpauth://totp/?secret=${RFC_KEY}`, /no label/],
    ['two names', ADDRESS.replace('issuer=Sallyport', 'issuer=Other'), /"Sallyport".*"Other"/],
    ['a plus for a space', ADDRESS.replace('issuer=Sallyport', 'issuer=Sally+port'), /%20/],
    ['no key', 'otpauth://totp/ada?issuer=', /empty/],
    ['a key that is not base32', ADDRESS.replace('GEZD', 'GEZ1'), /"1" is not/],
  ])('refuses %s', (_, address, why) => {
    expect(() => appFromAddress(address)).toThrow(why);
  });
});

describe('base32', () => {
  it.each([
    ['MY======', 'f'],
    ['MZXQ====', 'fo'],
    ['MZXW6===', 'foo'],
    ['MZXW6YQ=', 'foob'],
    ['MZXW6YTB', 'fooba'],
    ['MZXW6YTBOI', 'foobar'],
  ])('reads %s as RFC 4648 does', (text, plain) => {
    expect(decodeBase32(text).toString()).toBe(plain);
  });

  it.each(['A', 'AAA', 'AAAAAA', ''])('refuses the length of "%s"', (text) => {
    expect(() => decodeBase32(text)).toThrow();
  });
});
