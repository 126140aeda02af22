/**
 * Every limit on text messages, as one table. Text messages cost money, and strangers can cause them: "SMS pumping"
 * is asking for codes to numbers that pay the caller. What may be sent is decided here, before anything is posted;
 * the counts are kept by the store over all nodes, and a message counts when it is posted, whatever becomes of it.
 */
import { prefixMayGoOn, type Seen } from './text-signals.ts';
import { type Counter, FRESH_COUNTER } from './throttle.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

interface Limit {
  /** What is counted apart. `prefix`: a number less its last four digits. `network`: an address, or an IPv6 /64. */
  readonly of: 'person' | 'number' | 'prefix' | 'network' | 'account' | 'instance';
  readonly windowMs: number;
  /** Messages; or money, in units of the currency of the prices. */
  readonly most: number;
  readonly unit: 'messages' | 'money';
  /** A code that was used was no nuisance and gives its place back. Caps on what all costs are never given back. */
  readonly givenBack: boolean;
}

const messages = (of: Limit['of'], most: number, windowMs: number, givenBack = false): Limit => ({
  of,
  windowMs,
  most,
  unit: 'messages',
  givenBack,
});
const money = (of: 'account' | 'instance', most: number): Limit => ({
  of,
  windowMs: DAY_MS,
  most,
  unit: 'money',
  givenBack: false,
});

/** A window begins with its first message. The order is that in which a refusal is told. */
export const TEXT_LIMITS = {
  'number/10min': messages('number', 3, 10 * MINUTE_MS, true),
  'number/hour': messages('number', 5, HOUR_MS, true),
  'number/day': messages('number', 10, DAY_MS, true),
  // A number of one's own can be paid for each message and answer each: nobody is that busy.
  'number/day-in-all': messages('number', 30, DAY_MS),
  'person/hour': messages('person', 5, HOUR_MS, true),
  'person/day': messages('person', 10, DAY_MS, true),
  'person/day-in-all': messages('person', 30, DAY_MS),
  'network/hour': messages('network', 10, HOUR_MS, true),
  'network/day': messages('network', 30, DAY_MS, true),
  // Beyond these a prefix goes on only while its codes are used: see `prefixMayGoOn`.
  'prefix/hour': messages('prefix', 10, HOUR_MS),
  'account/day': messages('account', 200, DAY_MS),
  'account/spend': money('account', 10),
  'instance/day': messages('instance', 2_000, DAY_MS),
  'instance/spend': money('instance', 100),
} as const satisfies Readonly<Record<string, Limit>>;

export type LimitName = keyof typeof TEXT_LIMITS;
export const LIMIT_NAMES = Object.keys(TEXT_LIMITS) as LimitName[];

/** Settable like the limits, without a count of their own. */
export const TEXT_SIGNALS = {
  /** S10: per cent of a prefix's codes that must be used for it to go on beyond `prefix/hour`. */
  'prefix/verified': 20,
  /** Neighbouring numbers in a row, written to within an hour and not answered, after which the run is broken off. */
  'numbers/run': 5,
} as const;
export type SignalName = keyof typeof TEXT_SIGNALS;
export const SIGNAL_NAMES = Object.keys(TEXT_SIGNALS) as SignalName[];

/** S12, T28: lines that cannot receive text, or that cost whoever writes to them (names of libphonenumber's types). */
const REFUSED_LINES: ReadonlySet<string> = new Set([
  'FIXED_LINE',
  'PREMIUM_RATE',
  'TOLL_FREE',
  'SHARED_COST',
  'PERSONAL_NUMBER',
  'UAN',
  'VOICEMAIL',
  'PAGER',
]);
export const isRefusedLine = (type: string | null): boolean => type !== null && REFUSED_LINES.has(type);

export interface TextPolicy {
  /** S07: ISO 3166-1 alpha-2. `all` is for the development inbox alone, where nothing costs anything. */
  readonly countries: ReadonlySet<string> | 'all';
  /** `record-only`: everything is decided, counted and recorded, and nothing is sent. */
  readonly mode: 'live' | 'record-only';
  readonly limits: Readonly<Record<LimitName, number>>;
  readonly signals: Readonly<Record<SignalName, number>>;
  /** Per message, in ten-thousandths of the operator's currency. */
  readonly prices: { readonly otherwise: number; readonly of: ReadonlyMap<string, number> };
}

/** Counters are whole numbers of 32 bits: a ten-thousandth is fine enough for prices and coarse enough for budgets. */
export const MONEY_UNIT = 10_000;

export const DEFAULT_TEXT_POLICY: TextPolicy = {
  countries: new Set(),
  mode: 'live',
  limits: Object.fromEntries(
    Object.entries(TEXT_LIMITS).map(([name, { most, unit }]) => [
      name,
      unit === 'money' ? most * MONEY_UNIT : most,
    ]),
  ) as Record<LimitName, number>,
  signals: TEXT_SIGNALS,
  prices: { otherwise: 0.05 * MONEY_UNIT, of: new Map() },
};

export const priceOf = (policy: TextPolicy, country: string): number =>
  policy.prices.of.get(country) ?? policy.prices.otherwise;

/** Does the operator send to this country at all? */
export const isServed = (policy: TextPolicy, country: string): boolean =>
  policy.countries === 'all' || policy.countries.has(country);

export type BlockReason = LimitName | 'country' | 'line' | 'run' | 'record_only';

/** T30: set-ups, which strangers can cause, may use this part of a cap; the rest is for people who are set up. */
const SHARE_OF_SET_UPS = 0.5;

export interface TextFacts {
  /** `enroll`: to a number that somebody says is theirs. `code`: to one that this person has proven. */
  readonly purpose: 'code' | 'enroll';
  readonly country: string;
  readonly line: string | null;
  /** Only the limits that apply: a login for no account counts for none. */
  readonly counts: ReadonlyMap<LimitName, Counter>;
  /** The prefix in the last hour. */
  readonly prefix: Seen;
  /** How many numbers in a row beside this one were written to in the last hour and did not answer. */
  readonly run: number;
}

/** S09: a cap was used up to this part of it. Each is told once in a window, and anew in the next. */
export interface Crossing {
  readonly limit: LimitName;
  readonly percent: 50 | 80 | 100;
  /** The cap as it holds here: messages, or ten-thousandths of the currency. */
  readonly most: number;
  /** When that window ends, in Unix milliseconds; 0 where the cap is too low for one message such as was asked for. */
  readonly until: number;
}

export interface Blocked {
  readonly reason: BlockReason;
  /** The limit has no room for such a message even where nothing was used of it: no wait helps. */
  readonly tooLow: boolean;
}

export type TextVerdict = ({ readonly send: true } | ({ readonly send: false } & Blocked)) & {
  readonly next: ReadonlyMap<LimitName, Counter>;
  readonly crossings: readonly Crossing[];
};

/**
 * May this message go? The first line that applies wins; what is refused counts nowhere.
 * 1. a country the operator has not named; 2. a line that cannot receive, or costs;
 * 3. a limit is used up, narrow ones first; 4. the next of a run of neighbouring numbers;
 * 5. a prefix beyond its free messages whose codes are hardly used; 6. nothing is sent at all just now (counted: so
 * those before it say what would be blocked, and why); 7. it may.
 */
export function judgeText(policy: TextPolicy, facts: TextFacts, now: number): TextVerdict {
  const refuse = (reason: BlockReason, full: Partial<FullLimit> = {}): TextVerdict => ({
    send: false,
    reason,
    tooLow: full.tooLow ?? false,
    next: new Map(),
    crossings: full.crossings ?? [],
  });
  if (!isServed(policy, facts.country)) return refuse('country');
  if (isRefusedLine(facts.line)) return refuse('line');
  const price = priceOf(policy, facts.country);
  const next = new Map<LimitName, Counter>();
  for (const name of LIMIT_NAMES) {
    const counter = facts.counts.get(name);
    if (counter === undefined) continue;
    const counted = countUp(counter, TEXT_LIMITS[name], price, now);
    const share = facts.purpose === 'enroll' && isCap(name) ? SHARE_OF_SET_UPS : 1;
    const room = policy.limits[name] * share;
    if (counted.wrong > room && TEXT_LIMITS[name].of !== 'prefix') {
      const tooLow = countUp(FRESH_COUNTER, TEXT_LIMITS[name], price, now).wrong > room;
      return refuse(name, {
        tooLow,
        crossings: isCap(name) ? toldOfFull(policy, name, counter, tooLow, now) : [],
      });
    }
    next.set(name, counted);
  }
  if (facts.run >= policy.signals['numbers/run']) return refuse('run');
  const ofPrefix = next.get('prefix/hour');
  if (ofPrefix !== undefined && ofPrefix.wrong > policy.limits['prefix/hour']) {
    if (!prefixMayGoOn(policy, facts.prefix)) return refuse('prefix/hour');
  }
  const crossings = LIMIT_NAMES.flatMap((name) =>
    crossed(policy, name, facts.counts.get(name), next.get(name)),
  );
  if (policy.mode === 'record-only') {
    return { send: false, reason: 'record_only', tooLow: false, next, crossings };
  }
  return { send: true, next, crossings };
}

function countUp(counter: Counter, limit: Limit, price: number, now: number): Counter {
  const old = now >= counter.waitUntil ? { wrong: 0, waitUntil: now + limit.windowMs } : counter;
  const by = limit.unit === 'money' ? price : 1;
  return { wrong: old.wrong + by, waitUntil: old.waitUntil, lastAt: now };
}

/** S09: who pays wants to know before the cap is reached. Limits of single persons concern nobody else. */
const isCap = (name: LimitName) => TEXT_LIMITS[name].of === 'account' || TEXT_LIMITS[name].of === 'instance';
type FullLimit = Pick<Blocked, 'tooLow'> & Pick<TextVerdict, 'crossings'>;

/**
 * Whoever is refused may be the first to tell of it: what is left of a cap may be too little for any message. Where a
 * cheaper one would still go, or one to log in, it is not used up yet, and nobody is told that it was.
 */
function toldOfFull(
  policy: TextPolicy,
  limit: LimitName,
  counter: Counter,
  tooLow: boolean,
  now: number,
): Crossing[] {
  const told = { limit, percent: 100, most: policy.limits[limit] } as const;
  if (tooLow) return [{ ...told, until: 0 }];
  const least = countUp(counter, TEXT_LIMITS[limit], cheapestOf(policy), now);
  return least.wrong > told.most ? [{ ...told, until: least.waitUntil }] : [];
}

/** What the cheapest message that could go costs. */
function cheapestOf({ countries, prices }: TextPolicy): number {
  const { of, otherwise } = prices;
  if (countries === 'all') return Math.min(otherwise, ...of.values());
  return Math.min(...[...countries].map((country) => of.get(country) ?? otherwise));
}

function crossed(
  policy: TextPolicy,
  limit: LimitName,
  before: Counter | undefined,
  after: Counter | undefined,
): Crossing[] {
  if (!isCap(limit) || before === undefined || after === undefined) return [];
  // A new window begins at nothing.
  const from = after.waitUntil === before.waitUntil ? before.wrong : 0;
  const passed = ([50, 80, 100] as const).filter((percent) => {
    const mark = policy.limits[limit] * percent;
    return from * 100 < mark && after.wrong * 100 >= mark;
  });
  return passed.map((percent) => ({ limit, percent, most: policy.limits[limit], until: after.waitUntil }));
}

/** Which limits a used code gives its place back to; only where the window that it counted in still runs. */
export function givenBack(name: LimitName, counter: Counter, sentAt: number): Counter | null {
  const { givenBack: gives, windowMs } = TEXT_LIMITS[name];
  const startedAt = counter.waitUntil - windowMs;
  if (!gives || counter.wrong <= 0 || sentAt < startedAt || sentAt >= counter.waitUntil) return null;
  return { ...counter, wrong: counter.wrong - 1 };
}
