import type { Written } from './texts.ts';

/** What is wrong with text messages, in the words of a mail. The numbers of people are never in it. */
export type AlertText =
  | {
      readonly what: 'cap';
      /** `account/day` and the like. */
      readonly limit: string;
      readonly percent: number;
      /** The limit as it is set, in words. */
      readonly most: string;
      /** When messages go again, in words; `null`: the limit is too low for a single one such as was asked for. */
      readonly until: string | null;
      /** `null`: of the whole service. */
      readonly account: string | null;
    }
  | { readonly what: 'prefix' | 'run'; readonly country: string }
  | {
      readonly what: 'verification';
      readonly country: string;
      readonly sent: number;
      readonly verified: number;
    }
  | {
      readonly what: 'receipts';
      readonly carrier: string;
      readonly country: string;
      readonly sent: number;
      readonly delivered: number;
    }
  | { readonly what: 'no_receipts'; readonly carrier: string; readonly sent: number }
  | { readonly what: 'no_carrier' };

export interface AlertMail {
  readonly product: string;
  readonly alert: AlertText;
  readonly url: string;
  /** Nothing is sent at all: what is told of is what would have been. */
  readonly recordOnly: boolean;
}

/** A notice to whoever can do something about it: an account's admins, or the operator. */
export function alertMail({ product, alert, url, recordOnly }: AlertMail): Written {
  const { subject, lines } = words(alert, product, url);
  const where =
    alert.what === 'cap' && alert.account !== null
      ? `See it: ${url}`
      : 'See it on the host: sallyport sms status. Limits are set by SMS_LIMITS, countries by SMS_COUNTRIES.';
  const stopped = alert.what === 'cap' || alert.what === 'prefix' || alert.what === 'run';
  const mode =
    recordOnly && stopped
      ? ['SMS_MODE is record-only: nothing is sent, and nothing was stopped. This is what would have been.']
      : [];
  return { subject, text: [...lines, ...mode, where].join('\n\n') };
}

function words(alert: AlertText, product: string, url: string): { subject: string; lines: string[] } {
  switch (alert.what) {
    case 'cap': {
      const whose = alert.account ?? product;
      if (alert.until === null) return tooLow(alert, whose);
      const used =
        alert.percent >= 100
          ? `No further text message is sent until ${alert.until}, a day after the first of them. People with an authenticator app or a backup code log in as always.`
          : 'At 100 % no further text message is sent.';
      return {
        subject: `${alert.percent} % of the text messages of ${whose} are used up`,
        lines: [
          `${alert.percent} % of what ${whose} may send by text message in a day is used up (${alert.limit}: ${alert.most}).`,
          used,
          'If nobody knows why, somebody may be asking for codes they do not want: look at the countries and at how many codes were used.',
        ],
      };
    }
    case 'prefix':
      return {
        subject: `Text messages to some numbers in ${alert.country} were stopped`,
        lines: [
          `Many codes were asked for to numbers that begin alike in ${alert.country}, and hardly any was used. Numbers with that beginning get no more for now.`,
        ],
      };
    case 'run':
      return {
        subject: `Text messages to neighbouring numbers in ${alert.country} were stopped`,
        lines: [
          `Codes were asked for to one number after the other in ${alert.country}, and none was used. That is how machines ask.`,
        ],
      };
    case 'verification':
      return {
        subject: `Few codes sent to ${alert.country} are used`,
        lines: [
          `Of ${alert.sent} codes sent to ${alert.country} in the last hour, ${alert.verified} were used. Either they do not arrive, or nobody wanted them.`,
        ],
      };
    case 'receipts':
      return {
        subject: `${alert.carrier} delivers few text messages in ${alert.country}`,
        lines: [
          `Of the last ${alert.sent} text messages that ${alert.carrier} took for ${alert.country}, it reports ${alert.delivered} as delivered.`,
        ],
      };
    case 'no_receipts':
      return {
        subject: `No receipts come from ${alert.carrier}`,
        lines: [
          `No receipt has come from ${alert.carrier}, which took ${alert.sent} text messages lately: whether they arrive is not known. ${wayOfReceipts(alert.carrier, url)}`,
        ],
      };
    case 'no_carrier':
      return {
        subject: `No carrier takes text messages of ${product}`,
        lines: [
          'Every carrier has failed several times in a row. They are tried again by themselves. Until then people with text messages only have their backup codes.',
        ],
      };
    default:
      return alert satisfies never;
  }
}

/** True of a limit of 0, and of one that has room for some messages and not for others. */
function tooLow({ limit, most }: AlertText & { what: 'cap' }, whose: string) {
  return {
    subject: `A limit is too low for text messages of ${whose}`,
    lines: [
      `A text message of ${whose} was asked for that its limit for a day has no room for, even where nothing is used of it (${limit}: ${most}). While that is the limit none such is sent.`,
      'Messages to some countries cost more than others, and messages that prove a new number may use half of a limit. People with an authenticator app or a backup code log in as always.',
    ],
  };
}

/** A carrier's name begins with its kind. */
function wayOfReceipts(carrier: string, url: string): string {
  if (carrier.startsWith('smpp')) return 'Are receipts switched on for this bind? Ask the carrier.';
  const posts = `Is its callback address right? It is ${url}/receipts/sms/${carrier}, and a proxy must let POST requests to it through.`;
  return carrier.startsWith('http')
    ? `${posts} If your gateway posts no receipts, say so in its address: receipts=no.`
    : posts;
}
