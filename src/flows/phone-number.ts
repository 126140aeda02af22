import {
  type CountryCode,
  getCountries,
  getCountryCallingCode,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/max';
import { isRefusedLine, isServed, type TextPolicy } from '../rules/text-messages.ts';

export type NumberFault = 'not_a_number' | 'not_valid' | 'wrong_country' | 'cannot_receive' | 'not_served';

/**
 * Reads a number typed in any format, national or international, as E.164 (S13: counted by this spelling).
 * Kinds of line by libphonenumber's full metadata.
 */
export function readPhoneNumber(
  policy: TextPolicy,
  country: string,
  typed: string,
): { readonly e164: string } | { readonly fault: NumberFault } {
  if (!isCountry(country)) return { fault: 'wrong_country' };
  const parsed = parsePhoneNumberFromString(typed.normalize('NFKC').trim(), country);
  if (parsed === undefined) return { fault: 'not_a_number' };
  if (!parsed.isValid()) return { fault: 'not_valid' };
  const sameCode = parsed.countryCallingCode === getCountryCallingCode(country);
  if (!sameCode) return { fault: 'wrong_country' };
  if (isRefusedLine(parsed.getType() ?? null)) return { fault: 'cannot_receive' };
  // Many countries share a calling code: what counts is whose the number is, not what was picked from the list.
  if (!isServed(policy, parsed.country ?? NOWHERE)) return { fault: 'not_served' };
  return { e164: parsed.number };
}

/** A number that belongs to no country, such as a satellite phone's (ISO 3166-1 leaves this code to its users). */
const NOWHERE = 'ZZ';

/** Whose a number is and what kind of line, as libphonenumber names it; `null` where the numbers do not tell. */
export function describeNumber(e164: string): { readonly country: string; readonly line: string | null } {
  const parsed = parsePhoneNumberFromString(e164);
  return { country: parsed?.country ?? NOWHERE, line: parsed?.getType() ?? null };
}

export function isCountry(code: string): code is CountryCode {
  return (getCountries() as string[]).includes(code);
}

/** Every country with its calling code, for the list on the page. Names are the page's affair. */
export function callingCodes(): { country: string; callingCode: string }[] {
  return getCountries().map((country) => ({ country, callingCode: getCountryCallingCode(country) }));
}

/** As people write it, such as `+44 7911 123456`: only for the login that has just typed it. */
export function readableNumber(e164: string): string {
  return parsePhoneNumberFromString(e164)?.formatInternational() ?? e164;
}

/** T27: of a number that somebody has set up, only the last two digits are ever shown. */
export function maskedNumber(e164: string): string {
  return `•••• •••${e164.slice(-2)}`;
}
