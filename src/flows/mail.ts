import { type MailFaultKind, mailFaultOf } from '../delivery/mail-fault.ts';
import { en } from '../delivery/texts.ts';
import { lastEventOf } from '../store/audit.ts';
import { findUser, findUserByEmail } from '../store/users.ts';
import { record } from './audit.ts';
import { type Context, canonicalEmail, id } from './context.ts';
import { isEmail } from './manage-people.ts';

/**
 * A mail to a person was refused for good while it was handed over. Their address does not stand in the event,
 * and an address they no longer have says nothing about the one they have.
 */
export async function noteBounce(
  ctx: Context,
  bounce: { readonly userId: string; readonly to: string; readonly status: string },
): Promise<void> {
  const user = await findUser(ctx.db, bounce.userId);
  if (user === null || user.email !== canonicalEmail(bounce.to)) return;
  await record(ctx, ctx.db, {
    kind: 'mail.bounced',
    userId: user.id,
    data: { status: bounce.status, at: ctx.now() },
  });
}

/**
 * A bounce that came back later, to the sender's mailbox or the relay, as a script there tells it.
 * `at` in Unix milliseconds: when it came back; `null` means now. `status`: RFC 3463, such as `5.1.1`, or empty.
 */
export async function reportBounce(
  ctx: Context,
  operator: { readonly name: string },
  given: { readonly email: string; readonly at: number | null; readonly status: string },
): Promise<'done' | 'no_user' | 'in_future'> {
  const user = await findUserByEmail(ctx.db, canonicalEmail(given.email));
  if (user === null) return 'no_user';
  const at = given.at ?? ctx.now();
  if (at > ctx.now()) return 'in_future';
  await record(ctx, ctx.db, {
    kind: 'mail.bounced',
    by: 'operator',
    visitor: { network: '', browser: `operator ${operator.name}` },
    userId: user.id,
    data: { status: given.status, at },
  });
  return 'done';
}

export interface Bounce {
  readonly at: number;
  /** Such as `550 5.1.1`; may be empty. */
  readonly status: string;
}

/** The last bounce of the address that the person has now. */
export async function lastBounceOf(ctx: Context, userId: string): Promise<Bounce | null> {
  const bounced = await lastEventOf(ctx.db, userId, 'mail.bounced');
  if (bounced === null) return null;
  const moved = await lastEventOf(ctx.db, userId, 'user.email_changed');
  if (moved !== null && moved.at >= bounced.at) return null;
  const { at, status } = JSON.parse(bounced.data) as Bounce;
  return { at, status };
}

export type MailTest =
  | { readonly result: 'no_server' | 'bad_address' }
  | { readonly result: 'taken'; readonly server: string }
  | {
      readonly result: MailFaultKind;
      readonly server: string;
      readonly status: string;
      readonly said: string;
    };

/** Sends one mail, now and past the outbox, and says what the server made of it. */
export async function testMail(ctx: Context, address: string): Promise<MailTest> {
  const to = canonicalEmail(address);
  if (!isEmail(to)) return { result: 'bad_address' };
  if (ctx.mail === undefined) return { result: 'no_server' };
  const { server } = ctx.mail;
  const { product, url } = ctx.settings;
  try {
    await ctx.mail.send({ id: id(ctx), to, ...en.mailTest({ product, url }) });
    return { result: 'taken', server };
  } catch (error) {
    const { kind, status, said } = mailFaultOf(error);
    return { result: kind, server, status, said };
  }
}
