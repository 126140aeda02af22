/**
 * The texts of mails, English; those of text messages are in `text-code.ts`. A second language is a second object of this type.
 * Names that customers chose (accounts, people) come in through `plainName`: T36, no links and no novels.
 */
export interface Texts {
  readonly emailCode: (p: { product: string; code: string } & EmailCodeFor) => Written;
  readonly alreadySignedUp: (p: { product: string; loginUrl: string; resetUrl: string }) => Written;
  readonly invitation: (p: {
    product: string;
    account: string;
    inviter: string | null;
    url: string;
  }) => Written;
  readonly passwordReset: (p: { product: string; url: string }) => Written;
  readonly notice: (p: NoticeText) => Written;
  readonly toAdmins: (p: AdminNoticeText) => Written;
  readonly mailTest: (p: { product: string; url: string }) => Written;
  /** An account named the day from which text messages are no longer taken. */
  readonly textMessagesEnd: (p: {
    product: string;
    account: string;
    person: string;
    day: string;
    people: number;
    url: string;
  }) => Written;
}

/** What an e-mailed code is for, so that somebody who did not ask for it notices. */
export interface EmailCodeFor {
  readonly why: 'sign_up' | 'invitation' | 'set_up' | 'trust' | 'pass';
  /** The account it is about, where one is known. */
  readonly account: string | null;
}

export interface Written {
  readonly subject: string;
  readonly text: string;
}

export type NoticeEvent =
  | { readonly event: 'authenticator_added'; readonly method: 'totp' | 'sms'; readonly replaced: boolean }
  | { readonly event: 'backup_code_used'; readonly left: number }
  | { readonly event: 'backup_codes_made' }
  | { readonly event: 'password_changed' }
  | { readonly event: 'password_reset' }
  | { readonly event: 'email_changed'; readonly to: string }
  | { readonly event: 'wrong_codes' }
  | { readonly event: 'pass_granted'; readonly account: string; readonly endsAt: number }
  | { readonly event: 'pass_activated'; readonly account: string; readonly endsAt: number }
  | {
      readonly event: 'pass_ended';
      readonly account: string;
      /** May they set up anew now, in the browser that had it? */
      readonly setsUp: boolean;
      /** Nobody could tell any more how old it was. */
      readonly undated: boolean;
    }
  | { readonly event: 'disowned'; readonly tookAuthenticator: boolean };

export interface NoticeText {
  readonly product: string;
  readonly name: string;
  readonly what: NoticeEvent;
  readonly at: number;
  readonly network: string;
  readonly browser: string;
  /** The "this was not me" address. */
  readonly url: string | null;
  /** "This was not me" takes an authenticator away: the one that the message is about. */
  readonly takesAuthenticator: boolean;
  readonly support: string;
}

export interface AdminNoticeText {
  readonly product: string;
  readonly account: string;
  readonly person: string;
  readonly what: 'pass_requested' | 'pass_granted' | 'pass_activated' | 'pass_ended' | 'pass_ended_undated';
  readonly at: number;
  readonly network: string;
  readonly browser: string;
  readonly url: string;
}

/** T25: why all passes ended at once. */
const UNDATED = 'The clock of our server had been set back, and nobody could tell any more how old it was.';

/** T36: a name that somebody typed, in a message that we sign: one line, no address, at most 60 characters. */
export function plainName(name: string): string {
  const plain = name
    .normalize('NFKC')
    .replace(/[\p{C}\s]+/gu, ' ')
    .replace(/:\/\//g, ' ')
    // A dot between two signs makes an address of them; mail programs turn it into a link.
    .replace(/(?<=\S)[.\u3002](?=\S)/gu, ' ')
    .replace(/[<>]/g, '')
    .trim();
  return plain.length > 60 ? `${plain.slice(0, 59)}…` : plain;
}

/** Not "Acme on Acme", where a company runs its own. */
const accountOn = (account: string, product: string) =>
  account.toLowerCase() === product.toLowerCase() ? account : `${account} on ${product}`;

const when = (at: number) => `${new Date(at).toISOString().slice(0, 16).replace('T', ' at ')} UTC`;

/** What is not known of where it was done is left out. */
function circumstances({ at, network, browser }: { at: number; network: string; browser: string }): string {
  const known = [
    ['Network address', network],
    ['Browser', browser],
  ].filter(([, value]) => value !== '');
  return [['When', when(at)], ...known].map(([label, value]) => `${label}: ${value}`).join('\n');
}

export const en: Texts = {
  emailCode: ({ product, code, why, account }) => ({
    subject: `${code} is your ${product} code`,
    text: [
      `${code} is your code for ${codePurpose(why, product, account)}.`,
      'It works for 10 minutes, once, in the browser where you asked for it. Never share it: nobody from our side will ask you for it.',
      'If you did not ask for it, do nothing: without the code nothing happens. If codes keep coming, somebody may know your password: change it.',
    ].join('\n\n'),
  }),
  alreadySignedUp: ({ product, loginUrl, resetUrl }) => ({
    subject: `You already have a ${product} login`,
    text: [
      `Somebody, probably you, tried to sign up to ${product} with this address. It has a login already.`,
      `Log in: ${loginUrl}`,
      `Forgotten the password? Choose a new one: ${resetUrl}`,
      'If this was not you, do nothing: nothing has changed.',
    ].join('\n\n'),
  }),
  invitation: ({ product, account, inviter, url }) => ({
    subject: `Join ${accountOn(account, product)}`,
    text: [
      inviter === null
        ? `You have been invited to join ${accountOn(account, product)}.`
        : `${inviter} invites you to join ${accountOn(account, product)}.`,
      `Accept the invitation within 7 days: ${url}`,
      'It is for this address only and works once. If you did not expect it, ignore it.',
    ].join('\n\n'),
  }),
  passwordReset: ({ product, url }) => ({
    subject: `Choose a new ${product} password`,
    text: [
      `Somebody, probably you, asked for a new ${product} password.`,
      `Choose it within 30 minutes: ${url}`,
      'The link works once. It does not log you in, and your authenticator will still be asked for. If this was not you, do nothing: your password stays as it is.',
    ].join('\n\n'),
  }),
  notice: (p) => {
    const { subject, line, advice } = noticeWords(p);
    const lines = [`Hello ${p.name},`, line, circumstances(p)];
    if (advice !== null) lines.push(advice);
    if (p.url !== null) {
      lines.push(
        `This was not me: ${p.url}\nOpen it within 7 days and press the button. ${whatDisownDoes(p)}`,
      );
    }
    lines.push(`Questions? Turn to ${p.support}.`);
    return { subject, text: lines.join('\n\n') };
  },
  toAdmins: (p) => {
    const words = {
      pass_requested: [
        `${p.person} asks for a pass into ${p.account}`,
        `${p.person} cannot use their authenticator and asks for a 24-hour pass into ${p.account}. Before you answer, speak to them: in person, by video call, or on a number you already know, such as their desk phone. Their own phone may be the one that is lost. Let them read the two-digit number on their screen to you.`,
      ],
      pass_granted: [
        `A pass into ${p.account} was granted to ${p.person}`,
        `${p.person} was granted a 24-hour pass into ${p.account}.`,
      ],
      pass_activated: [
        `${p.person} uses their pass into ${p.account}`,
        `${p.person} has entered ${p.account} with a pass. It ends by itself; then they set up two-factor authentication again.`,
      ],
      pass_ended: [
        `The pass of ${p.person} into ${p.account} has ended`,
        `The pass of ${p.person} has ended.`,
      ],
      pass_ended_undated: [
        `The pass of ${p.person} into ${p.account} has ended`,
        `The pass of ${p.person} has ended. ${UNDATED} If they still need one, grant another.`,
      ],
    } as const;
    const [subject, line] = words[p.what];
    return {
      subject,
      text: [
        line,
        circumstances(p),
        `See it, answer it or revoke it: ${p.url}`,
        `You get this because you are an admin of ${p.account} on ${p.product}. If this looks wrong, deny or revoke it and talk to the person.`,
      ].join('\n\n'),
    };
  },
  mailTest: ({ product, url }) => ({
    subject: `Test mail from ${product}`,
    text: [
      `This is a test mail from ${product} at ${url}. Somebody who runs it asked for it on its command line.`,
      'Nothing is to be done. If it lies in the spam folder, codes will too: SPF, DKIM and DMARC of the sender’s domain are what to look at.',
    ].join('\n\n'),
  }),
  textMessagesEnd: ({ product, account, person, day, people, url }) => ({
    subject: `Text messages end at ${account} on ${day}`,
    text: [
      `${person} set ${day} (UTC) as the day from which ${account} takes no codes by text message.`,
      people === 1
        ? 'One person still gets their codes that way. At their first login from that day on they show one last code and set up an authenticator app.'
        : `${people} people still get their codes that way. At their first login from that day on they show one last code and set up an authenticator app.`,
      'Until then their start page says so. New set-ups are by app from now on.',
      `See it, or take the day away: ${url}`,
      `You get this because you are an admin of ${account} on ${product}.`,
    ].join('\n\n'),
  }),
};

function noticeWords(p: NoticeText): { subject: string; line: string; advice: string | null } {
  const { what, product } = p;
  const changePassword = 'If this was not you, press the button behind the link below now.';
  switch (what.event) {
    case 'authenticator_added': {
      const method = what.method === 'totp' ? 'an authenticator app' : 'text message';
      return {
        subject: `Two-factor authentication was set up on your ${product} login`,
        line: `Your login now asks for codes by ${method}${what.replaced ? ', in place of what it asked for before' : ''}.`,
        advice: changePassword,
      };
    }
    case 'backup_code_used':
      return {
        subject: `A backup code was used on your ${product} login`,
        line: `One of your backup codes was used to log in. You have ${what.left} left.`,
        advice: changePassword,
      };
    case 'backup_codes_made':
      return {
        subject: `New backup codes for your ${product} login`,
        line: 'Ten new backup codes were made for your login. The old ones no longer work.',
        advice: changePassword,
      };
    case 'password_changed':
      return {
        subject: `Your ${product} password was changed`,
        line: 'Your password was changed, and all your other sessions were ended.',
        advice: changePassword,
      };
    case 'password_reset':
      return {
        subject: `Your ${product} password was reset`,
        line: 'A new password was chosen through a link sent to this address, and all your sessions were ended.',
        advice: changePassword,
      };
    case 'email_changed':
      return {
        subject: `The e-mail address of your ${product} login was changed`,
        line: `The operator of ${product} changed the e-mail address of your login to ${what.to}.`,
        advice: `If you did not ask for this, contact ${p.support}.`,
      };
    case 'wrong_codes':
      return {
        subject: `Somebody tried to get into your ${product} login`,
        line: 'Your right password was typed, followed by three wrong codes. They did not get in.',
        advice: 'If this was not you, somebody knows your password: choose a new one now.',
      };
    case 'pass_granted':
      return {
        subject: `You were granted a pass into ${what.account}`,
        line: `An admin of ${what.account} granted you a pass that lets you in without your authenticator until ${when(what.endsAt)}.`,
        advice: `If you did not ask for it, tell your admin at ${what.account}.`,
      };
    case 'pass_activated':
      return {
        subject: `Your pass into ${what.account} is in use`,
        line: `Your pass into ${what.account} was used to log in. It ends on ${when(what.endsAt)}; then you are logged out and set up two-factor authentication again.`,
        advice: changePassword,
      };
    case 'pass_ended':
      return {
        subject: `Your pass into ${what.account} has ended`,
        line: `Your pass into ${what.account} has ended. ${afterPass(what)}`,
        advice: null,
      };
    case 'disowned':
      return {
        subject: `Your ${product} login was secured`,
        line: `You told us "This was not me". All your sessions and passes were ended${what.tookAuthenticator ? ', and the authenticator that it was about was taken away' : '; your authenticator stays as it is'}. Your password still works.`,
        advice:
          'Choose a new password now. If you are asked for a pass when you log in, ask an admin of your account.',
      };
    default:
      return unknownEvent(what);
  }
}

function codePurpose(why: EmailCodeFor['why'], product: string, account: string | null): string {
  switch (why) {
    case 'sign_up':
      return `signing up to ${product}`;
    case 'invitation':
      return `accepting an invitation on ${product}`;
    case 'set_up':
      return `setting up two-factor authentication ${account === null ? 'on' : `for ${account} on`} ${product}`;
    case 'trust':
      return `using your authenticator ${account === null ? 'for another account' : `for ${account}`} on ${product}`;
    case 'pass':
      return `asking for a pass into ${account ?? 'your account'} on ${product}, which lets you in without your phone`;
    default:
      return unknownPurpose(why);
  }
}

function unknownPurpose(why: never): never {
  throw new Error(`no text for a code for ${JSON.stringify(why)}`);
}

/** E7: what the button behind the link of this message does (`flows/disown.ts`). */
function whatDisownDoes({ what, takesAuthenticator }: NoticeText): string {
  const ends = 'It ends every session and every pass of yours.';
  const taken = {
    authenticator_added: 'the authenticator that was set up is taken away',
    backup_code_used:
      'the authenticator that the backup code belongs to is taken away, with all its backup codes',
    backup_codes_made:
      'the authenticator that the backup codes belong to is taken away, and they stop working',
  } as const;
  if (!takesAuthenticator)
    return `${ends} Your authenticator and your password stay: choose a new password then.`;
  const which =
    what.event in taken ? taken[what.event as keyof typeof taken] : 'the authenticator is taken away';
  return `${ends} Besides, ${which}: then only a pass from an admin of your account lets you in.`;
}

function unknownEvent(what: never): never {
  throw new Error(`no text for ${JSON.stringify(what)}`);
}

function afterPass({ account, setsUp, undated }: Extract<NoticeEvent, { event: 'pass_ended' }>): string {
  if (setsUp) return 'At your next login in that browser you set up two-factor authentication again.';
  const next = `If you still need one, ask an admin of ${account} for another.`;
  return undated ? `${UNDATED} ${next}` : next;
}
