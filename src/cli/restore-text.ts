import type { Finished } from '../flows/finish-restore.ts';
import type { Replayed, Undone } from '../flows/replay-activity.ts';
import { count, date } from './print.ts';

/** What to look for in the activity of each account, in mails and in memory, when no record of it was given. */
const BY_HAND = [
  'people who were removed from an account, or made admin or member instead of owner or admin',
  'people who were disabled or deleted (sallyport user disable EMAIL, sallyport user delete EMAIL --yes)',
  'people who used a pass, said "This was not me", or set up a new phone: the copy trusts their old one',
  'people who changed their password: the old one works again (ask them to choose a new one)',
  'addresses that were changed (sallyport user email OLD NEW)',
  'accounts that were deleted, changed their plan, or switched or changed their mandate',
];

const WHY: Readonly<Record<Undone['why'], string>> = {
  unknown_kind: 'this version knows no such event',
  in_future: 'its time has not come yet',
  no_user: 'it names nobody whom this copy knows for sure',
  no_account: 'it names no account; for the export of one account give --account SLUG',
  no_details: 'its details are missing or not understood',
  last_owner: 'they are the last owner of the account in this copy. Make somebody else an owner first',
  refused: 'it was refused: look at it and do by hand what still holds',
  unsigned:
    'it is not signed. Only "sallyport activity export" of this installation signs; the export of one account needs --account SLUG',
  not_ours:
    'its signature is not of this line. It was changed after the export, or was exported with a key that is not here: find out who had the file',
  not_account_export:
    'the export of one account has no such line. It was written by somebody: find out who had the file',
  by_hand: 'an account cannot be taken at its word for this. If it is true, do it by hand (sallyport help)',
};

/** For people: what is void now, and what is still to be done. */
export function finishedText(finished: Finished): string {
  return [copyText(finished), voidText(finished), ...redoText(finished)].join('\n');
}

function copyText({ copiedAt, copiedAtIsNoted }: Finished): string {
  if (copiedAt === null) return 'The copy is of an empty database.';
  const at = date(copiedAt);
  return copiedAtIsNoted
    ? `The copy was made at ${at}. What happened after that is not in it.`
    : `The newest event in the copy is of ${at}. What happened after that is not in it.`;
}

function voidText({ voided: v }: Finished): string {
  const counts = [
    count(v.sessions, 'session'),
    count(v.logins, 'login'),
    count(v.passes, 'pass', 'passes'),
    count(v.invitations, 'invitation'),
    count(v.links, 'link'),
    count(v.messages, 'message not sent yet', 'messages not sent yet'),
    count(v.backupCodes, 'backup code'),
  ];
  return `Void now: ${counts.join(', ')}, and all codes made up to now.
Everybody logs in anew; codes of apps work again within a minute, and the next login by an authenticator shows new backup codes. Invitations must be sent again.`;
}

function redoText({ replayed, unread }: Finished): string[] {
  if (replayed === null) {
    return [
      'What was done since must be done again by hand. Look for:',
      ...BY_HAND.map((line) => `  - ${line}`),
      'Or give a record of it: sallyport restore --finish --yes --activity FILE (made by "sallyport activity export").',
    ];
  }
  return [...replayedText(replayed), ...undoneText(replayed.undone, unread)];
}

function replayedText({ known, redone, lost, recorded }: Replayed): string[] {
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([kind, n]) => `${n} ${kind}`)
      .join(', ') || 'nothing';
  return [
    `From the activity: done again: ${list(redone)}.`,
    `Lost with the database, to be made anew by their people: ${list(lost)}.`,
    `Brought back into the history alone: ${count(recorded, 'event')}; in the copy already: ${known}.`,
  ];
}

function undoneText(undone: readonly Undone[], unread: readonly number[]): string[] {
  if (undone.length === 0 && unread.length === 0) return [];
  return [
    'NOT done again; please look at these lines of the activity:',
    ...grouped(undone),
    ...unread.map((line) => `  - line ${line}: it cannot be read`),
  ];
}

/** Lines that were refused alike in one line: of a file that nobody signed, all of them are. */
function grouped(undone: readonly Undone[]): string[] {
  const alike = Map.groupBy(undone, ({ kind, why }) => `${kind}: ${WHY[why]}`);
  return [...alike].map(([words, lines]) => {
    const shown = lines.slice(0, LINES_SHOWN).map(({ line }) => line);
    const more = lines.length - shown.length;
    const name = lines.length === 1 ? 'line' : 'lines';
    return `  - ${name} ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}, ${words}`;
  });
}
const LINES_SHOWN = 20;
