import { en, plainName } from '../delivery/texts.ts';
import { judgeTextEnd, type TextEndVerdict } from '../rules/mandate.ts';
import { type AccountRow, accountFacts, adminsOf, setMandate } from '../store/accounts.ts';
import type { Tx } from '../store/database.ts';
import { type Acting, act, type Refusal } from './act.ts';
import type { SignedIn } from './admit.ts';
import { record } from './audit.ts';
import type { Context, Visitor } from './context.ts';
import { post } from './outbox.ts';
import { countTextUsers } from './view-text-messages.ts';

export type TextEndResult =
  /** `told`: how many others were told by e-mail. */
  | { readonly result: 'done'; readonly told: number }
  | { readonly result: 'unchanged' }
  | { readonly result: Exclude<TextEndVerdict, 'ok'> }
  | Refusal;

/**
 * Sets the day from which an account takes no codes by text message, or takes it away again. Until then those who
 * have them go on; at their first login from that day on they prove themselves once more and set up an app (M3).
 * No job ends anything: the rules compare times (D9). Asked for as the mandate itself is: fresh 2FA of one's own.
 * `until`: milliseconds, the beginning of a day in UTC; `null`: no such day any more.
 */
export async function setTextEnd(
  ctx: Context,
  session: SignedIn,
  visitor: Visitor,
  given: { readonly slug: string; readonly until: number | null },
): Promise<TextEndResult> {
  const wanted = { deed: 'set_mandate', slug: given.slug, targetId: null, twoFactor: true } as const;
  const done = await act(ctx, session, wanted, async (tx, acting): Promise<TextEndResult> => {
    const { account } = acting;
    const now = ctx.now();
    const before = account.mandate_text_until;
    if (given.until === before) return { result: 'unchanged' };
    if (given.until === null) {
      // What has ended is not undone here: text messages are chosen again, where methods are.
      if (before === null || before <= now) return { result: 'unchanged' };
    } else {
      const verdict = judgeTextEnd(accountFacts(account).mandate, given.until, now);
      if (verdict !== 'ok') return { result: verdict };
    }
    await setMandate(tx, account.id, { ...mandateOf(account), mandate_text_until: given.until });
    const day = given.until === null ? null : dayOf(given.until);
    await record(ctx, tx, {
      kind: day === null ? 'mandate.text_end_removed' : 'mandate.text_end_set',
      actorId: session.user.id,
      userId: null,
      accountId: account.id,
      visitor,
      data: { day },
    });
    return { result: 'done', told: day === null ? 0 : await tellOthers(ctx, tx, acting, day) };
  });
  ctx.wakeOutbox();
  return done;
}

const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);

function mandateOf(account: AccountRow) {
  const { mandate_since, mandate_methods, mandate_from, session_max_ms, session_idle_ms } = account;
  return { mandate_since, mandate_methods, mandate_from, session_max_ms, session_idle_ms };
}

/** On the day it is set: the other owners and admins, who will be asked about it. @returns how many they are. */
async function tellOthers(ctx: Context, tx: Tx, { account, session }: Acting, day: string): Promise<number> {
  const { subject, text } = en.textMessagesEnd({
    product: ctx.settings.product,
    account: plainName(account.name),
    person: plainName(session.user.name),
    day,
    people: await countTextUsers(tx, account.id),
    url: `${ctx.settings.url}/accounts/${account.slug}/security`,
  });
  const others = (await adminsOf(tx, account.id)).filter((admin) => admin.user_id !== session.user.id);
  for (const admin of others) {
    await post(ctx, tx, {
      channel: 'email',
      kind: 'notice',
      userId: admin.user_id,
      to: admin.email,
      subject,
      text,
    });
  }
  return others.length;
}
