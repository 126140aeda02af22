import type { Position } from '../../flows/advance.ts';
import type { NextStep } from '../../rules/next-step.ts';

/** Every step of a login and the page it is taken on. */
export function addressOf(next: NextStep): string {
  switch (next.step) {
    case 'start_again':
      return '/login?because=over';
    case 'refused':
      return '/login/refused';
    case 'password':
      return '/login';
    case 'email_code':
      return '/login/email-code';
    case 'code':
      return next.onlyRecovery ? '/login/recovery-code' : '/login/code';
    case 'recovered':
      return '/login/recovered';
    case 'set_up':
      return '/login/set-up';
    case 'pass':
      return '/login/pass';
    case 'backup_codes':
      return '/login/backup-codes';
    case 'trust':
    case 'done':
      return '/login/continue';
    default:
      return unknownStep(next);
  }
}

/** Where a browser belongs: the page of its login's step, or the first page where it has none. */
export function dueAddress(position: Position | null): string {
  return position === null ? '/login' : addressOf(position.next);
}

function unknownStep(next: never): never {
  throw new Error(`no page for ${JSON.stringify(next)}: refused`);
}
