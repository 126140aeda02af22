import { type AccountTextLimits, operateTextLimits, viewTextLimits } from '../flows/text-limits.ts';
import { BadUsage, done, fault, type Given, never, type OperatorCommand, word } from './command.ts';
import { date, table } from './print.ts';

export const NO_ACCOUNT = 'There is no account with that slug. See: sallyport account list';

export const LIMITS_COMMAND: Readonly<Record<string, OperatorCommand>> = {
  'account limits': {
    usage: 'account limits SLUG [--texts-per-day N|default] [--text-spend-per-day AMOUNT|default]',
    about: 'sets what an account may send and spend by text message in a day; without options shows it',
    example: 'sallyport account limits meridian --texts-per-day 500 --text-spend-per-day 25',
    words: ['SLUG'],
    options: { 'texts-per-day': { type: 'string' }, 'text-spend-per-day': { type: 'string' } },
    async run(ctx, operator, given) {
      const slug = word(given, 0);
      const typed = { perDay: text(given, 'texts-per-day'), spend: text(given, 'text-spend-per-day') };
      if (typed.perDay === undefined && typed.spend === undefined) {
        const limits = await viewTextLimits(ctx, slug);
        return limits === null ? fault('no_account', NO_ACCOUNT) : done(inWords(limits), { limits });
      }
      const set = await operateTextLimits(ctx, operator, slug, typed);
      switch (set.result) {
        case 'done':
          return done(inWords(set.limits), { limits: set.limits });
        case 'unchanged':
          return done(`It was like that already.\n${inWords(set.limits)}`, set);
        case 'no_account':
          return fault(set.result, NO_ACCOUNT);
        case 'bad_limit': {
          const option = set.of === 'perDay' ? '--texts-per-day' : '--text-spend-per-day';
          throw new BadUsage(`${option} is "${typed[set.of]}". ${set.fault}`);
        }
        default:
          return never(set);
      }
    },
  },
};

function text(given: Given, name: string): string | undefined {
  const value = given.options[name];
  return value === undefined ? undefined : String(value).trim();
}

function inWords(limits: AccountTextLimits): string {
  return [
    `Text messages of ${limits.slug}, in a day that begins with its first message:`,
    lines(limits),
  ].join('\n');
}

const lines = (limits: AccountTextLimits) => table(rowsOf(limits), '').replace(/^/gm, '  ');

function rowsOf({ caps }: AccountTextLimits): string[][] {
  return caps.map(({ limit, used, most, own, until }) => [
    limit,
    `${used} of ${most}`,
    own ? 'of its own' : 'as everybody',
    until === null ? '' : `until ${date(until)}`,
  ]);
}

/** For `sms status`: each account with limits of its own. */
export function ownLimits(accounts: readonly AccountTextLimits[]): string {
  return table(
    accounts.flatMap((limits) => rowsOf(limits).map((row) => [limits.slug, ...row])),
    'None.',
  );
}
