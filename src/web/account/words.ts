import { type AccountMessages, enAccount } from '../messages/en-account.ts';
import { type AccountActivityMessages, enAccountActivity } from '../messages/en-account-activity.ts';
import { type AccountOverviewMessages, enAccountOverview } from '../messages/en-account-overview.ts';
import { type AccountPassesMessages, enAccountPasses } from '../messages/en-account-passes.ts';
import { type AccountPeopleMessages, enAccountPeople } from '../messages/en-account-people.ts';
import { type AccountSecurityMessages, enAccountSecurity } from '../messages/en-account-security.ts';
import { type AccountTextsMessages, enAccountTexts } from '../messages/en-account-texts.ts';

/** The one language there is so far. */
export const LANG = 'en';

export interface AccountWords {
  readonly account: AccountMessages;
  readonly overview: AccountOverviewMessages;
  readonly people: AccountPeopleMessages;
  readonly security: AccountSecurityMessages;
  readonly texts: AccountTextsMessages;
  readonly passes: AccountPassesMessages;
  readonly activity: AccountActivityMessages;
}

const english: AccountWords = {
  account: enAccount,
  overview: enAccountOverview,
  people: enAccountPeople,
  security: enAccountSecurity,
  texts: enAccountTexts,
  passes: enAccountPasses,
  activity: enAccountActivity,
};
const catalogue = new Map<string, AccountWords>([[LANG, english]]);

export const accountWords = (lang: string): AccountWords => catalogue.get(lang) ?? english;
