import { addressHmac } from '../credentials/one-time-code.ts';
import { hashToken } from '../credentials/token.ts';
import { countPasswordTry, FREE_PASSWORDS, FREE_PASSWORDS_KNOWN } from '../rules/throttle.ts';
import { type Counted, countTry, type Decide, takeBackTry } from '../store/counters.ts';
import type { Db } from '../store/database.ts';
import { isKnownBrowser } from '../store/sessions.ts';
import { findUserByEmail } from '../store/users.ts';
import type { Context, Visitor } from './context.ts';

/**
 * D7: counts a password before it is compared. A browser known to this very person has a count of its own,
 * so that nobody elsewhere can keep them out; everybody else is counted by the typed address, known or not,
 * and by network.
 */
export async function countPassword(ctx: Context, visitor: Visitor, email: string): Promise<Counted> {
  const now = ctx.now();
  const decide =
    (free: number): Decide =>
    (counter) =>
      countPasswordTry(counter, free, now);
  const known = await knownKey(ctx, visitor, email);
  if (known !== null) return countTry(ctx.db, new Map([[known, decide(FREE_PASSWORDS_KNOWN)]]));
  return countTry(
    ctx.db,
    new Map([
      [addressKey(ctx, email), decide(FREE_PASSWORDS)],
      [`network:${networkKey(visitor.network)}`, decide(FREE_PASSWORDS)],
    ]),
  );
}

/**
 * The password was right: its own try is taken back; other people's wrong ones behind that address stay. Where
 * it is done in the transaction of the success, as its last write: everybody of that network waits for its end.
 */
export async function takeBackPassword(db: Db, counted: Extract<Counted, { heard: true }>): Promise<void> {
  for (const [key, counter] of counted.counters) await takeBackTry(db, key, counter);
}

export function addressKey(ctx: Context, email: string): string {
  return `password:${addressHmac(ctx.keys, 'password', email)}`;
}

async function knownKey(ctx: Context, visitor: Visitor, email: string): Promise<string | null> {
  if (visitor.knownToken === null) return null;
  const user = await findUserByEmail(ctx.db, email);
  if (user === null) return null;
  const hash = hashToken(visitor.knownToken);
  return (await isKnownBrowser(ctx.db, hash, user.id, ctx.now())) ? `known:${hash}` : null;
}

/** R34: IPv6 is counted by /64, since that is what one customer gets. */
export function networkKey(address: string): string {
  const bare = address.replace(/%.*$/, '').toLowerCase();
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(bare)?.[1];
  if (mapped !== undefined) return mapped;
  if (!bare.includes(':')) return bare;
  const [head = '', tail] = bare.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array<string>(zeros).fill('0'), ...right];
  return `${groups
    .slice(0, 4)
    .map((g) => g.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
