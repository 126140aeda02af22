import { describe, expect, it } from 'vitest';
import { countryOptions, likelyCountry } from './countries.ts';

describe('the country that a browser’s language suggests', () => {
  it.each([
    ['en-GB,en;q=0.9', 'GB'],
    ['de', 'DE'],
    ['ja,en-US;q=0.7', 'JP'],
    ['zh-Hant-TW', 'TW'],
    ['fr-CH, fr;q=0.9', 'CH'],
    ['EN-ke', 'KE'],
    ['*', ''],
    ['', ''],
    ['xx-ZZ', ''],
    ['es-419', ''],
    ['en-GB-GB-GB-GB;;;', ''],
    [undefined, ''],
  ])('%s → %s', (header, country) => {
    expect(likelyCountry(header)).toBe(country);
  });
});

describe('the list of countries', () => {
  it('has every country once, by name and calling code, in the order of the names', () => {
    const options = countryOptions('en');
    expect(options.length).toBeGreaterThan(200);
    expect(new Set(options.map((o) => o.value)).size).toBe(options.length);
    expect(options.find((o) => o.value === 'KE')?.label).toBe('Kenya (+254)');
    expect(options[0]?.label).toBe('Afghanistan (+93)');
    expect(options.at(-1)?.label).toBe('Zimbabwe (+263)');
  });

  it('speaks the language of the page', () => {
    expect(countryOptions('de').find((o) => o.value === 'DE')?.label).toBe('Deutschland (+49)');
  });
});
