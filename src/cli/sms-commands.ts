import { MOST_STATUS_DAYS, STATUS_DAYS, textStatus } from '../flows/text-messages-operate.ts';
import { testTexts } from '../flows/try-carriers.ts';
import { BadUsage, type OperatorCommand, word } from './command.ts';
import { statusText } from './sms-status-text.ts';
import { sayTest } from './sms-test-text.ts';

export const SMS_COMMANDS: Readonly<Record<string, OperatorCommand>> = {
  'sms status': {
    usage: 'sms status [--days N]',
    about:
      'shows text messages and their receipts by carrier, country and day (seven days, or as many as you say), what of the limits is used, and alerts',
    example: 'sallyport sms status --days 30',
    options: { days: { type: 'string' } },
    words: [],
    async run(ctx, _operator, given) {
      const status = await textStatus(ctx, daysOf(given.options.days));
      return { ok: true, text: statusText(status), data: status };
    },
  },
  'sms test': {
    usage: 'sms test NUMBER',
    about:
      'looks whether each carrier can be reached and knows us, and sends one test text message by SMS_URL',
    example: 'sallyport sms test +41791234567',
    words: ['NUMBER'],
    async run(ctx, _operator, given) {
      return sayTest(await testTexts(ctx, word(given, 0)), word(given, 0));
    },
  },
};

function daysOf(given: string | boolean | undefined): number {
  if (given === undefined) return STATUS_DAYS;
  const days = /^\d{1,2}$/.test(String(given)) ? Number(given) : 0;
  if (days < 1 || days > MOST_STATUS_DAYS)
    throw new BadUsage(`--days is "${given}". Write a number of days from 1 to ${MOST_STATUS_DAYS}.`);
  return days;
}
