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
  | { readonly what: 'no_carrier' };

export interface AlertMail {
  readonly product: string;
  readonly alert: AlertText;
  readonly url: string;
}

/** A notice to whoever can do something about it: an account's admins, or the operator. */
export function alertMail({ product, alert, url }: AlertMail): Written {
  const { subject, lines } = words(alert, product);
  const where =
    alert.what === 'cap' && alert.account !== null
      ? `See it: ${url}`
      : 'See it on the host: sallyport sms status. Limits are set by SMS_LIMITS, countries by SMS_COUNTRIES.';
  return { subject, text: [...lines, where].join('\n\n') };
}

function words(alert: AlertText, product: string): { subject: string; lines: string[] } {
  switch (alert.what) {
    case 'cap': {
      const whose = alert.account ?? product;
      const used =
        alert.percent >= 100
          ? 'No further text message is sent until a day after the first of them. People with an authenticator app or a backup code log in as always.'
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
