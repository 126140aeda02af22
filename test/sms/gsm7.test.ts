import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeGsm7, isGsm7, sizeText } from '../../src/delivery/sms/gsm7.ts';
import { TEXT } from '../support/sms-messages.ts';

describe('the alphabet of 3GPP TS 23.038', () => {
  // Codes read off the tables of 6.2.1 and 6.2.1.1, column by row.
  it.each([
    ['@', [0x00]],
    ['£', [0x01]],
    ['$', [0x02]],
    ['è', [0x04]],
    ['Ç', [0x09]],
    ['\n', [0x0a]],
    ['\r', [0x0d]],
    ['Å', [0x0e]],
    ['Δ', [0x10]],
    ['_', [0x11]],
    ['Ξ', [0x1a]],
    ['Æ', [0x1c]],
    ['É', [0x1f]],
    [' ', [0x20]],
    ['¤', [0x24]],
    ['0', [0x30]],
    ['¡', [0x40]],
    ['A', [0x41]],
    ['Z', [0x5a]],
    ['Ä', [0x5b]],
    ['§', [0x5f]],
    ['¿', [0x60]],
    ['z', [0x7a]],
    ['ü', [0x7e]],
    ['à', [0x7f]],
    ['^', [0x1b, 0x14]],
    ['{', [0x1b, 0x28]],
    ['\\', [0x1b, 0x2f]],
    ['[', [0x1b, 0x3c]],
    ['~', [0x1b, 0x3d]],
    [']', [0x1b, 0x3e]],
    ['|', [0x1b, 0x40]],
    ['€', [0x1b, 0x65]],
  ])('%j is %j', (char, septets) => {
    expect([...(encodeGsm7(char) ?? [])]).toEqual(septets);
  });

  it.each(['ç', '`', '\t', 'ł', '“', '…', '😀', '\x1b', 'α'])('%j is not in it', (char) => {
    expect(isGsm7(`a${char}`)).toBe(false);
    expect(encodeGsm7(`a${char}`)).toBeNull();
  });

  it('has 127 characters besides the escape, and ten in the extension', () => {
    const all = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).filter(isGsm7);
    expect(all).toHaveLength(137);
  });
});

describe('segments', () => {
  it.each([
    ['', 'gsm7', 0, 1],
    ['a'.repeat(160), 'gsm7', 160, 1],
    ['a'.repeat(161), 'gsm7', 161, 2],
    ['a'.repeat(306), 'gsm7', 306, 2],
    ['a'.repeat(307), 'gsm7', 307, 3],
    ['€'.repeat(80), 'gsm7', 160, 1],
    ['€'.repeat(81), 'gsm7', 162, 2],
    // The escape and its character stay together, so that one septet of the first segment is empty.
    [`${'a'.repeat(152)}€${'a'.repeat(152)}`, 'gsm7', 306, 3],
    ['ж'.repeat(70), 'ucs2', 70, 1],
    ['ж'.repeat(71), 'ucs2', 71, 2],
    ['ж'.repeat(134), 'ucs2', 134, 2],
    ['ж'.repeat(135), 'ucs2', 135, 3],
    ['😀'.repeat(35), 'ucs2', 70, 1],
    // A surrogate pair is not cut: 33 in the first segment.
    ['😀'.repeat(66), 'ucs2', 132, 2],
    ['😀'.repeat(67), 'ucs2', 134, 3],
  ])('of %j', (text, alphabet, units, segments) => {
    expect(sizeText(text)).toEqual({ alphabet, units, segments });
  });

  it('a code with its bound line is one', () => {
    expect(sizeText(TEXT)).toMatchObject({ alphabet: 'gsm7', segments: 1 });
  });

  it('never fewer than the room says, and never a split character more than that costs', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '€', 'ж', '😀'), maxLength: 400 }), (text) => {
        const { alphabet, units, segments } = sizeText(text);
        const [single, multi] = alphabet === 'gsm7' ? [160, 153] : [70, 67];
        if (units <= single) expect(segments).toBe(1);
        else {
          expect(segments).toBeGreaterThanOrEqual(Math.ceil(units / multi));
          expect(segments).toBeLessThanOrEqual(Math.ceil(units / (multi - 1)));
        }
      }),
    );
  });
});
