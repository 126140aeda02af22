/** Reads the settings of text messages: pure, and every fault at once, each with how to mend it. */
import {
  DEFAULT_TEXT_POLICY,
  LIMIT_NAMES,
  type LimitName,
  MONEY_UNIT,
  SIGNAL_NAMES,
  type SignalName,
  TEXT_LIMITS,
  type TextPolicy,
} from './text-messages.ts';

export interface TextSettings {
  readonly countries: string | undefined;
  readonly mode: string | undefined;
  readonly limits: string | undefined;
  readonly prices: string | undefined;
}

export interface Circumstances {
  /** Real carriers: then it must be said which countries are served. */
  readonly carriers: boolean;
  /** Is there such a country? ISO 3166-1 alpha-2. */
  readonly isCountry: (code: string) => boolean;
}

const MODES = ['live', 'record-only'] as const;
/** Above that a counter of 32 bits would not do. */
export const MOST_MESSAGES = 100_000_000;
export const MOST_MONEY = 200_000;

export function readTextPolicy(
  settings: TextSettings,
  circumstances: Circumstances,
): { policy: TextPolicy; faults: string[] } {
  const faults: string[] = [];
  const countries = readCountries(settings.countries, circumstances, faults);
  const mode = MODES.find((m) => m === (settings.mode ?? 'live'));
  if (mode === undefined) faults.push(`SMS_MODE is "${settings.mode}". Write live or record-only.`);
  const { limits, signals } = readLimits(settings.limits, faults);
  const prices = readPrices(settings.prices, circumstances, faults);
  return { policy: { countries, mode: mode ?? 'record-only', limits, signals, prices }, faults };
}

function readCountries(
  text: string | undefined,
  { carriers, isCountry }: Circumstances,
  faults: string[],
): TextPolicy['countries'] {
  const codes = listOf(text);
  if (codes.length === 0) {
    if (!carriers) return 'all';
    faults.push(
      'SMS_COUNTRIES is missing, so no text message could leave. Write the countries that your people’s numbers are from, such as SMS_COUNTRIES=DE,AT,CH.',
    );
  }
  for (const code of codes.filter((c) => !isCountry(c))) {
    faults.push(
      `SMS_COUNTRIES names "${code}", which is no country. Write ISO codes in capitals, such as DE,US.`,
    );
  }
  return new Set(codes);
}

function readLimits(text: string | undefined, faults: string[]): Pick<TextPolicy, 'limits' | 'signals'> {
  const limits: Record<LimitName, number> = { ...DEFAULT_TEXT_POLICY.limits };
  const signals: Record<SignalName, number> = { ...DEFAULT_TEXT_POLICY.signals };
  for (const part of listOf(text)) {
    const [name = '', value = '', ...more] = part.split('=').map((s) => s.trim());
    const limit = LIMIT_NAMES.find((n) => n === name);
    const signal = SIGNAL_NAMES.find((n) => n === name);
    if ((limit === undefined && signal === undefined) || more.length > 0) {
      faults.push(
        `SMS_LIMITS has "${part}". Write name=number, with a name of ${[...LIMIT_NAMES, ...SIGNAL_NAMES].join(', ')}.`,
      );
    } else if (limit !== undefined) {
      const unit = TEXT_LIMITS[limit].unit;
      const read = unit === 'money' ? readMoney(value, MOST_MONEY) : readCount(value, 0, MOST_MESSAGES);
      if (read === null) faults.push(faultOfNumber(part, unit === 'money' ? MOST_MONEY : MOST_MESSAGES));
      else limits[limit] = read;
    } else if (signal !== undefined) {
      const [least, most] = signal === 'numbers/run' ? [2, 20] : [0, 100];
      const read = readCount(value, least, most);
      if (read === null)
        faults.push(`SMS_LIMITS has "${part}". Write a whole number from ${least} to ${most}.`);
      else signals[signal] = read;
    }
  }
  return { limits, signals };
}

const faultOfNumber = (part: string, most: number) =>
  `SMS_LIMITS has "${part}". Write a number from 0 to ${most}.`;

function readPrices(
  text: string | undefined,
  { isCountry }: Circumstances,
  faults: string[],
): TextPolicy['prices'] {
  const of = new Map<string, number>();
  let { otherwise } = DEFAULT_TEXT_POLICY.prices;
  for (const part of listOf(text)) {
    const [country = '', value = '', ...more] = part.split(':').map((s) => s.trim());
    const price = readMoney(value, 100);
    if ((country !== 'default' && !isCountry(country)) || price === null || more.length > 0) {
      faults.push(
        `SMS_PRICES has "${part}". Write COUNTRY:PRICE with the price of one message, such as US:0.008,DE:0.075,default:0.05.`,
      );
    } else if (country === 'default') otherwise = price;
    else of.set(country, price);
  }
  return { otherwise, of };
}

/** In ten-thousandths, rounded up: a budget must not be outspent by rounding. */
export function readMoney(text: string, most: number): number | null {
  if (!/^\d{1,9}(\.\d{1,9})?$/.test(text) || Number(text) > most) return null;
  return Math.max(0, Math.ceil(Number(text) * MONEY_UNIT - 1e-9));
}

/** `null`: no whole number, or one outside of these. */
export function readCount(text: string, least: number, most: number): number | null {
  const count = Number(text);
  return /^\d{1,9}$/.test(text) && count >= least && count <= most ? count : null;
}

const listOf = (text: string | undefined) =>
  (text ?? '').split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
