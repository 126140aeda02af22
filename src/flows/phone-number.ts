import {
  type CountryCode,
  getCountries,
  getCountryCallingCode,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/max';

export type NumberFault = 'not_a_number' | 'not_valid' | 'wrong_country' | 'cannot_receive';

/** Kinds of line that can never receive a text message, or that cost the caller. */
const REFUSED = new Set([
  'FIXED_LINE',
  'PREMIUM_RATE',
  'TOLL_FREE',
  'SHARED_COST',
  'UAN',
  'VOICEMAIL',
  'PAGER',
]);

/**
 * Reads a number typed in any format, national or international, as E.164 (S13: counted by this spelling).
 * Kinds of line by libphonenumber's full metadata.
 */
export function readPhoneNumber(
  country: string,
  typed: string,
): { readonly e164: string } | { readonly fault: NumberFault } {
  if (!isCountry(country)) return { fault: 'wrong_country' };
  const parsed = parsePhoneNumberFromString(typed.normalize('NFKC').trim(), country);
  if (parsed === undefined) return { fault: 'not_a_number' };
  if (!parsed.isValid()) return { fault: 'not_valid' };
  const sameCode = parsed.countryCallingCode === getCountryCallingCode(country);
  if (!sameCode) return { fault: 'wrong_country' };
  if (REFUSED.has(parsed.getType() ?? '')) return { fault: 'cannot_receive' };
  return { e164: parsed.number };
}

export function isCountry(code: string): code is CountryCode {
  return (getCountries() as string[]).includes(code);
}

/** Every country with its calling code, for the list on the page. Names are the page's affair. */
export function callingCodes(): { country: string; callingCode: string }[] {
  return getCountries().map((country) => ({ country, callingCode: getCountryCallingCode(country) }));
}

/** T27: only the last two digits are ever shown. */
export function maskedNumber(e164: string): string {
  return `•••• •••${e164.slice(-2)}`;
}
