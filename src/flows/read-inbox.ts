import { readInbox } from '../store/outbox.ts';
import type { Context } from './context.ts';

export interface ReceivedMessage {
  readonly channel: 'email' | 'sms';
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly at: number;
}

/** What went to the development inbox, newest first. The table is empty outside `--dev`. */
export async function readDevelopmentInbox(ctx: Context, most = 200): Promise<ReceivedMessage[]> {
  const rows = await readInbox(ctx.db, most);
  return rows.map(({ channel, to, subject, text, at }) => ({ channel, to, subject, text, at }));
}
