import { passwordVerdicts, type Verdict } from './en-password.ts';

/** Why a password is not taken; `missing`: none was typed. */
export type PasswordFault = Verdict | 'missing';

export type SignUpFault =
  | { readonly field: 'name'; readonly result: 'missing' | 'too_long' }
  | { readonly field: 'account'; readonly result: 'missing' | 'too_long' }
  | { readonly field: 'email'; readonly result: 'missing' | 'no_address' }
  | { readonly field: 'email'; readonly result: 'other_address'; readonly masked: string }
  | { readonly field: 'password'; readonly result: PasswordFault };
export type FaultOf<F extends SignUpFault['field']> = Extract<SignUpFault, { field: F }>['result'];

export const enSignUp = {
  title: 'Sign up',
  titleInvited: (account: string) => `Join ${account}`,
  lead: 'For you and your company.',
  leadInvited: (account: string) => `You are invited to join ${account}. Create your login first.`,
  name: 'Your name',
  email: 'E-mail address',
  emailHint: 'We send a code there.',
  password: 'Password',
  passwordHint: 'At least 15 characters. Four or five words in a row are easy to remember.',
  account: 'Company name',
  submit: 'Create account',
  haveLogin: 'Already have a login?',
  logIn: 'Log in',
  faults: {
    name: {
      missing: 'Type your name.',
      too_long: 'Shorten your name to 100 characters.',
    } satisfies Record<FaultOf<'name'>, string>,
    account: {
      missing: 'Type the name of your company.',
      too_long: 'Shorten the company’s name to 100 characters.',
    } satisfies Record<FaultOf<'account'>, string>,
    email: {
      missing: 'Type your e-mail address.',
      no_address: 'Type a whole e-mail address, such as name@example.com.',
      other_address: (masked: string) =>
        `The invitation is for ${masked} and not for this address. Sign up with that one, or ask for another invitation.`,
    } satisfies Record<FaultOf<'email'>, string | ((masked: string) => string)>,
    password: {
      ...passwordVerdicts,
      missing: 'Choose a password.',
    } satisfies Record<PasswordFault, string>,
  },
};

export type SignUpMessages = typeof enSignUp;
