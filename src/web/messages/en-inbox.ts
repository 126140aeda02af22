import type { ReceivedMessage } from '../../flows/read-inbox.ts';

export interface InboxMessages {
  title: string;
  lead: string;
  reload: string;
  asJson: string;
  empty: string;
  channels: Record<ReceivedMessage['channel'], string>;
}

export const enInbox: InboxMessages = {
  title: 'Development inbox',
  lead: 'Every e-mail and text message that this server would have sent, newest first. Only this machine can see it.',
  reload: 'Reload',
  asJson: 'As JSON',
  empty: 'Nothing yet. Sign up or log in, then reload this page.',
  channels: { email: 'E-mail', sms: 'Text message' },
};
