import type { InvitationView } from '../../flows/invitation.ts';

type OnPage = Exclude<InvitationView['state'], 'gone' | 'new_address'>;

export const enInvitations = {
  title: (account: string) => `Join ${account}`,
  lead: (account: string) => `You are invited to join ${account}.`,
  how: {
    log_in: (masked: string) =>
      `It is for ${masked}, which has a login. Log in with that address to accept it.`,
    logged_in: (masked: string) => `It is for ${masked}, which is you. We send a code there to make sure.`,
    someone_else: (masked: string, you: string) =>
      `This invitation is for ${masked}, and you are logged in as ${you}.`,
  } satisfies Record<OnPage, (masked: string, you: string) => string>,
  accept: 'Accept invitation',
  logOutAndGoOn: 'Log out and go on',
  notMine: 'Not your invitation? Do nothing: it opens nothing by itself.',

  gone: {
    title: 'This invitation is not open',
    why: 'It was used, withdrawn, or is older than 7 days.',
    how: 'If you have joined already, log in. If not, ask whoever invited you for a new one.',
    logIn: 'Log in',
  },
};

export type InvitationMessages = typeof enInvitations;
