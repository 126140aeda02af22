import type { PeopleFilter, RollOut } from '../../flows/view-account.ts';

/** Each state of the roll-out, and the filter of the people page that shows who is in it. */
export const PEOPLE_OF: Readonly<Record<keyof RollOut, PeopleFilter>> = {
  app: 'set_up_app',
  text: 'set_up_text',
  notYet: 'not_yet',
  onPass: 'on_pass',
  setUpAgain: 'set_up_again',
  invited: 'invited',
};

export const setUpOf = ({ app, text }: RollOut): number => app + text;

/** Those who are invited are not in yet. */
export const membersOf = (r: RollOut): number => r.app + r.text + r.notYet + r.onPass + r.setUpAgain;
