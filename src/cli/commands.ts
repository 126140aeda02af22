import type { Context } from '../flows/context.ts';
import { disableUser, enableUser } from '../flows/disable-user.ts';
import {
  accountLines,
  changeEmail,
  createAccount,
  deleteAccount,
  deleteUser,
  type Operator,
  operateGrant,
  operateMandate,
  operatePlan,
  operateRevoke,
  passLines,
  reportUser,
} from '../flows/operate.ts';
import type { Method, Plan } from '../rules/facts.ts';
import { BACKUP_COMMANDS } from './backup-commands.ts';
import { CLOCK_COMMANDS } from './clock-commands.ts';
import {
  type ApartCommand,
  BadUsage,
  done,
  fault,
  NO_USER,
  never,
  type OperatorCommand,
  oneOf,
  word,
} from './command.ts';
import { KEYS_COMMANDS } from './keys-commands.ts';
import { LIMITS_COMMAND, NO_ACCOUNT } from './limits-command.ts';
import { bounceText, MAIL_COMMANDS } from './mail-commands.ts';
import { count, date, onOneLine, table } from './print.ts';
import { SMS_COMMANDS } from './sms-commands.ts';

function readMethods(value: string | boolean | undefined): Method[] | null {
  if (typeof value !== 'string') return null;
  return value.split(',').map((m) => oneOf(m.trim(), ['totp', 'sms'] as const, 'A method'));
}

export const COMMANDS: Readonly<Record<string, OperatorCommand | ApartCommand>> = {
  'account create': {
    usage: 'account create NAME --owner EMAIL [--plan enterprise]',
    about: 'makes an account and invites its owner; prints the invitation link',
    example: 'sallyport account create "Meridian Pictures" --owner olivia@meridian.example --plan enterprise',
    words: ['NAME'],
    options: { owner: { type: 'string' }, plan: { type: 'string' } },
    async run(ctx, operator, given) {
      const { owner, plan = 'standard' } = given.options;
      if (typeof owner !== 'string') throw new BadUsage('--owner EMAIL is missing.');
      const made = await createAccount(ctx, operator, {
        name: word(given, 0),
        owner,
        plan: oneOf(String(plan), ['standard', 'enterprise'] as const, '--plan'),
      });
      switch (made.result) {
        case 'done':
          return done(
            `Made the account ${made.slug}. Its owner was sent this invitation, good for 7 days:\n${made.invitation}`,
            made,
          );
        case 'bad_email':
          return fault(made.result, `"${owner}" is no e-mail address. Nothing was made.`);
        case 'bad_name':
          return fault(made.result, 'The name must have 1 to 80 characters. Nothing was made.');
        default:
          return never(made);
      }
    },
  },
  'account list': {
    usage: 'account list',
    about: 'lists all accounts',
    example: 'sallyport account list --json',
    words: [],
    async run(ctx) {
      const lines = await accountLines(ctx);
      const rows = lines.map((a) => [
        a.slug,
        a.name,
        a.plan,
        a.mandate === null
          ? 'no mandate'
          : `mandates ${a.mandate.join(' or ')} since ${date(a.mandateSince)}`,
        `${a.members} people`,
      ]);
      return { ok: true, text: table(rows, 'There are no accounts yet.'), data: lines };
    },
  },
  'account plan': {
    usage: 'account plan SLUG enterprise|standard [--force]',
    about: 'changes the plan; to standard while a mandate is on only with --force, which switches it off',
    example: 'sallyport account plan meridian enterprise',
    words: ['SLUG', 'PLAN'],
    options: { force: { type: 'boolean' } },
    async run(ctx, operator, given) {
      const plan: Plan = oneOf(word(given, 1), ['standard', 'enterprise'] as const, 'PLAN');
      const slug = word(given, 0);
      const result = await operatePlan(ctx, operator, { slug, plan, force: given.options.force === true });
      switch (result) {
        case 'done':
          return done(`${slug} is ${plan} now.`);
        case 'unchanged':
          return done(`${slug} was ${plan} already.`, { result });
        case 'mandate_on':
          return fault(
            result,
            `${slug} mandates 2FA, which needs enterprise. Add --force to switch the mandate off too.`,
          );
        case 'no_account':
          return fault(result, NO_ACCOUNT);
        default:
          return never(result);
      }
    },
  },
  'account mandate': {
    usage: 'account mandate SLUG on|off [--methods totp,sms] [--now]',
    about: 'switches the mandate; --now also ends what sessions have not proven, at their next request',
    example: 'sallyport account mandate meridian on --methods totp --now',
    words: ['SLUG', 'on|off'],
    options: { methods: { type: 'string' }, now: { type: 'boolean' } },
    async run(ctx, operator, given) {
      const slug = word(given, 0);
      const on = oneOf(word(given, 1), ['on', 'off'] as const, 'The second word') === 'on';
      const methods = readMethods(given.options.methods);
      const result = await operateMandate(ctx, operator, {
        slug,
        on,
        methods,
        now: given.options.now === true,
      });
      switch (result) {
        case 'done':
          return done(await mandateText(ctx, slug));
        case 'unchanged':
          return done(`It was like that already.\n${await mandateText(ctx, slug)}`, { result });
        case 'no_account':
          return fault(result, NO_ACCOUNT);
        case 'not_enterprise':
          return fault(
            result,
            `Only enterprise accounts mandate. First: sallyport account plan ${slug} enterprise`,
          );
        case 'no_method':
          return fault(result, 'Name at least one method: --methods totp,sms');
        case 'text_needs_carrier':
          return fault(
            result,
            'No carrier for text messages is configured, so the app must be among the methods.',
          );
        default:
          return fault(result, `Refused: ${result}.`);
      }
    },
  },
  ...LIMITS_COMMAND,
  'account delete': {
    usage: 'account delete SLUG --yes',
    about: 'deletes an account with its memberships, invitations and passes; its people stay users',
    example: 'sallyport account delete crestline --yes',
    words: ['SLUG'],
    options: { yes: { type: 'boolean' } },
    async run(ctx, operator, given) {
      if (given.options.yes !== true)
        throw new BadUsage('This cannot be taken back. Add --yes if you mean it.');
      const result = await deleteAccount(ctx, operator, word(given, 0));
      return result === 'done' ? done(`${word(given, 0)} is deleted.`) : fault(result, NO_ACCOUNT);
    },
  },
  'user show': {
    usage: 'user show EMAIL',
    about: 'shows a user and their memberships',
    example: 'sallyport user show nina@meridian.example',
    words: ['EMAIL'],
    async run(ctx, _operator, given) {
      const user = await reportUser(ctx, word(given, 0));
      if (user === null) return fault('no_user', NO_USER);
      const rows = user.memberships.map((m) => [
        m.account,
        m.role,
        m.mandated ? 'mandates' : 'no mandate',
        m.trust === 'authenticator'
          ? 'set up'
          : m.trust === 'never'
            ? 'not set up'
            : 'forgotten: needs a pass',
        `last entered ${date(m.lastEnteredAt)}`,
      ]);
      const state = user.disabledAt === null ? '' : `, DISABLED since ${date(user.disabledAt)}`;
      const head = `${onOneLine(user.name)} <${user.email}>, since ${date(user.createdAt)}${state}, ${user.openSessions} open ${user.openSessions === 1 ? 'session' : 'sessions'}`;
      const lines = [head, bounceText(user.bounce), table(rows, 'In no account.')];
      return { ok: true, text: lines.filter((line) => line !== '').join('\n'), data: user };
    },
  },
  'user disable': {
    usage: 'user disable EMAIL',
    about: 'ends everything of a user at once and refuses their login',
    example: 'sallyport user disable theo@meridian.example',
    words: ['EMAIL'],
    async run(ctx, operator, given) {
      const found = await disableUser(ctx, word(given, 0), operatorEntry(operator));
      return found ? done(`${word(given, 0)} is disabled.`) : fault('no_user', NO_USER);
    },
  },
  'user enable': {
    usage: 'user enable EMAIL',
    about: 'lets a disabled user log in again; what ended stays ended',
    example: 'sallyport user enable theo@meridian.example',
    words: ['EMAIL'],
    async run(ctx, operator, given) {
      const found = await enableUser(ctx, word(given, 0), operatorEntry(operator));
      return found ? done(`${word(given, 0)} can log in again.`) : fault('no_user', NO_USER);
    },
  },
  'user email': {
    usage: 'user email OLD NEW',
    about: 'changes the address; ends all sessions, and every account will want a pass',
    example: 'sallyport user email nina@meridian.example nina.okafor@meridian.example',
    words: ['OLD', 'NEW'],
    async run(ctx, operator, given) {
      const [from = '', to = ''] = given.words;
      const result = await changeEmail(ctx, operator, { from, to });
      switch (result) {
        case 'done':
          return done(`${from} is ${to} now. Both addresses are told; their accounts must grant a pass.`);
        case 'no_user':
          return fault(result, NO_USER);
        case 'taken':
          return fault(result, `${to} belongs to another user. Nothing was changed.`);
        case 'bad_email':
          return fault(result, `"${to}" is no e-mail address. Nothing was changed.`);
        default:
          return never(result);
      }
    },
  },
  'user delete': {
    usage: 'user delete EMAIL --yes',
    about: 'deletes a user; the last owner of an account stays',
    example: 'sallyport user delete theo@meridian.example --yes',
    words: ['EMAIL'],
    options: { yes: { type: 'boolean' } },
    async run(ctx, operator, given) {
      if (given.options.yes !== true)
        throw new BadUsage('This cannot be taken back. Add --yes if you mean it.');
      const deleted = await deleteUser(ctx, operator, word(given, 0));
      switch (deleted.result) {
        case 'done':
          return done(`${word(given, 0)} is deleted.`);
        case 'no_user':
          return fault(deleted.result, NO_USER);
        case 'last_owner':
          return fault(
            deleted.result,
            `They are the last owner of ${deleted.accounts.join(', ')}. Make somebody else an owner first.`,
          );
        default:
          return never(deleted);
      }
    },
  },
  'pass list': {
    usage: 'pass list',
    about: 'lists passes, newest first',
    example: 'sallyport pass list',
    words: [],
    async run(ctx) {
      const lines = await passLines(ctx);
      const rows = lines.map((p) => [
        p.id,
        p.account,
        p.email,
        p.state.replace('_', ' '),
        p.endedAt === null
          ? `ends ${date(p.endsAt)}`
          : `ended ${date(p.endedAt)} (${(p.endedBy ?? 'time').replaceAll('_', ' ')})`,
        `by ${p.grantedBy}: ${p.reason}`,
      ]);
      return { ok: true, text: table(rows, 'There are no passes.'), data: lines };
    },
  },
  'pass grant': {
    usage: 'pass grant SLUG EMAIL --reason TEXT',
    about: 'grants a 24-hour pass; prints the pass code, once',
    example: 'sallyport pass grant meridian olivia@meridian.example --reason "phone lost, called back"',
    words: ['SLUG', 'EMAIL'],
    options: { reason: { type: 'string' } },
    async run(ctx, operator, given) {
      const [slug = '', email = ''] = given.words;
      const { reason } = given.options;
      if (typeof reason !== 'string' || reason.trim() === '') throw new BadUsage('--reason TEXT is missing.');
      const granted = await operateGrant(ctx, operator, { slug, email, reason });
      switch (granted.result) {
        case 'granted':
          return done(
            `Pass code, shown only now:\n\n  ${granted.code}\n\nRead it to ${email} on a number you already know, or hand it over in person; never by e-mail. They type it under "Enter recovery code" after their password. It ends 24 hours from now.`,
            { pass: granted.passId, code: granted.code },
          );
        case 'no_account':
          return fault(granted.result, NO_ACCOUNT);
        case 'no_user':
          return fault(granted.result, NO_USER);
        case 'not_member':
          return fault(granted.result, `${email} is not in ${slug}.`);
        case 'not_mandated':
          return fault(granted.result, `${slug} does not mandate 2FA, so nobody needs a pass there.`);
        default:
          return fault(granted.result, `Refused: ${granted.result}.`);
      }
    },
  },
  'pass revoke': {
    usage: 'pass revoke ID',
    about: 'ends a pass and its sessions at once',
    example: 'sallyport pass revoke 3f2a…   (ids: sallyport pass list)',
    words: ['ID'],
    async run(ctx, operator, given) {
      const result = await operateRevoke(ctx, operator, word(given, 0));
      if (result === 'done') return done('The pass is revoked.');
      return fault(
        result,
        result === 'over' ? 'That pass is over already.' : 'There is no pass with that id.',
      );
    },
  },
  ...MAIL_COMMANDS,
  ...SMS_COMMANDS,
  ...KEYS_COMMANDS,
  ...CLOCK_COMMANDS,
  ...BACKUP_COMMANDS,
};

/** As it is now: which methods, whom it concerns and from when. */
async function mandateText(ctx: Context, slug: string): Promise<string> {
  const account = (await accountLines(ctx)).find((line) => line.slug === slug);
  if (account === undefined || account.mandate === null) return `The mandate of ${slug} is off.`;
  const methods = account.mandate.map((method) => METHODS[method]).join(' or ');
  const from =
    account.mandateFrom === 'now'
      ? 'at their next request, also in sessions that are open'
      : 'at their next log-in; sessions that are open go on as they are';
  return `The mandate of ${slug} is on: by ${methods} (${account.mandate.join(',')}).
It concerns everybody in it, now ${count(account.members, 'person', 'people')}: they show it, or set it up, ${from}.`;
}

const METHODS: Readonly<Record<Method, string>> = { totp: 'authenticator app', sms: 'text message' };

const operatorEntry = (operator: Operator) => ({
  by: 'operator' as const,
  visitor: { network: '', browser: `operator ${operator.name}` },
});
