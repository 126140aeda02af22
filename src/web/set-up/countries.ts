import { callingCodes } from '../../flows/phone-number.ts';
import type { SelectOption } from '../components.tsx';

const lists = new Map<string, readonly SelectOption[]>();

/** Every country by its name in this language, with its calling code: "Kenya (+254)". */
export function countryOptions(lang: string): readonly SelectOption[] {
  const known = lists.get(lang);
  if (known !== undefined) return known;
  const names = new Intl.DisplayNames([lang], { type: 'region' });
  const { compare } = new Intl.Collator(lang);
  const options = callingCodes()
    .map(({ country, callingCode }) => ({
      value: country,
      label: `${names.of(country) ?? country} (+${callingCode})`,
    }))
    .toSorted((a, b) => compare(a.label, b.label));
  lists.set(lang, options);
  return options;
}

/** A guess from the browser's first language ("en-GB" → GB, "ja" → JP); empty where it says nothing. */
export function likelyCountry(acceptLanguage: string | undefined): string {
  const first = /^\s*([a-z]{2,3}(?:-[a-z0-9]{2,8})*)\s*(?:[,;]|$)/i.exec(acceptLanguage ?? '')?.[1];
  if (first === undefined) return '';
  try {
    const { region = '' } = new Intl.Locale(first).maximize();
    return callingCodes().some(({ country }) => country === region) ? region : '';
  } catch {
    return ''; // Looks like a language, and is none.
  }
}
