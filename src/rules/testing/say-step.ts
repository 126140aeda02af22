import type { NextStep } from '../next-step.ts';

/** A step as a phrase with every one of its fields, so that a table of cases can be read aloud. */
export function sayStep(next: NextStep): string {
  switch (next.step) {
    case 'start_again':
    case 'password':
      return next.step.replace('_', ' ');
    case 'refused':
      return `refused: ${next.reason}${next.reason === 'no_method' ? ` for ${next.target}` : ''}`;
    case 'email_code':
      return `mailbox: ${next.why}`;
    case 'code':
      return `${next.onlyRecovery ? 'recovery code' : 'code'} of ${next.authenticator.id} for ${next.target}`;
    case 'recovered':
      return `recovered by ${next.authenticator.id} for ${next.target}`;
    case 'set_up': {
      const { methods, movers, replaces } = next.plan;
      const moved = `${movers.join('+')} move`;
      return `set up (${next.basis}) for ${next.target}: ${methods.join('/')}, ${moved} from ${replaces ?? 'nothing'}`;
    }
    case 'pass':
      return `${next.asking ? 'ask for a pass' : 'pass'} for ${next.target}`;
    case 'trust':
      return `trust ${next.authenticator.id} for ${next.target}`;
    case 'backup_codes':
      return `backup codes of ${next.authenticator.id}`;
    case 'done': {
      const by = next.passId === null ? '' : ` by pass ${next.passId}`;
      return `done for ${next.target ?? 'everything'}${by}`;
    }
    default:
      return unknownStep(next);
  }
}

function unknownStep(next: never): never {
  throw new Error(`unknown step ${JSON.stringify(next)}`);
}
