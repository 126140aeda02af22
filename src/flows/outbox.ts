import { type KeyRing, open, seal } from '../credentials/sealed-secret.ts';
import type { Carrier, Message } from '../delivery/message.ts';
import type { Db } from '../store/database.ts';
import {
  claimOutgoing,
  insertOutgoing,
  noteFailed,
  noteSent,
  noteTryAgain,
  type OutboxRow,
} from '../store/outbox.ts';
import { type Context, id } from './context.ts';

/** How long one worker may hold a message before another may think it dead. */
const CLAIM_MS = 60_000;
const NOTICE_LIFE_MS = 24 * 3_600_000;
const BACK_OFF_MS = [5_000, 30_000, 120_000, 600_000, 3_600_000] as const;

export interface Outgoing {
  readonly channel: 'email' | 'sms';
  /** A code is tried once: the person presses resend. A notice is tried until it is out or a day has passed. */
  readonly kind: 'code' | 'notice';
  readonly userId: string | null;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** Milliseconds; a message nobody needs any more is not sent. */
  readonly expiresAt?: number;
}

/** Ids sort by the order of posting, also within one millisecond: what was said first leaves first. */
let posted = 0;

/** Posts a message in the transaction of the deed it tells of: neither is ever without the other. */
export async function post(ctx: Context, tx: Db, message: Outgoing): Promise<void> {
  const now = ctx.now();
  posted += 1;
  const row = `${String(posted).padStart(9, '0')}-${id(ctx)}`;
  const body = JSON.stringify({ to: message.to, subject: message.subject, text: message.text });
  await insertOutgoing(tx, {
    id: row,
    channel: message.channel,
    kind: message.kind,
    user_id: message.userId,
    message_sealed: seal(ctx.keys, sealContext(row, message.userId), body, ctx.random),
    created_at: now,
    expires_at: message.expiresAt ?? now + NOTICE_LIFE_MS,
    next_try_at: now,
    tries: 0,
    claimed_until: 0,
    sent_at: null,
    failed_at: null,
    last_error: null,
  });
}

const sealContext = (row: string, userId: string | null) => ({ table: 'outbox', row, user: userId ?? '' });

export interface Outbox {
  /** Sends what is due, soon. Never throws. */
  wake(): void;
  /** Resolves once everything that is due now has been tried. */
  drain(): Promise<void>;
  stop(): Promise<void>;
}

export interface OutboxParts {
  readonly db: Db;
  readonly keys: KeyRing;
  readonly now: () => number;
  readonly carriers: { readonly email: Carrier; readonly sms: Carrier | null };
  readonly onError: (error: unknown, messageId: string) => void;
}

/** Messages that one worker has under way at once: a carrier that hangs holds its own place and no other. */
const AT_ONCE = 20;

/** One worker; any number may run on any node over one database. */
export function createOutbox(parts: OutboxParts): Outbox {
  const underWay = new Set<Promise<void>>();
  let claiming: Promise<void> | null = null;
  let again = false;
  let stopped = false;

  async function claim(): Promise<void> {
    do {
      again = false;
      const free = AT_ONCE - underWay.size;
      if (free === 0) return;
      for (const row of await claimOutgoing(parts.db, parts.now(), CLAIM_MS, free)) start(row);
    } while (again && !stopped);
  }

  function start(row: OutboxRow): void {
    const sending = sendOne(parts, row)
      .catch((error: unknown) => parts.onError(error, row.id))
      .finally(() => {
        underWay.delete(sending);
        wake();
      });
    underWay.add(sending);
  }

  function wake(): void {
    if (stopped) return;
    if (claiming !== null) {
      again = true;
      return;
    }
    claiming = claim()
      .catch((error: unknown) => parts.onError(error, 'outbox'))
      .finally(() => {
        claiming = null;
        if (again) wake();
      });
  }

  async function settle(): Promise<void> {
    while (claiming !== null || underWay.size > 0) await Promise.all([claiming, ...underWay]);
  }

  return {
    wake,
    async drain() {
      wake();
      await settle();
    },
    async stop() {
      stopped = true;
      await settle();
    },
  };
}

async function sendOne(parts: OutboxParts, row: OutboxRow): Promise<void> {
  const now = parts.now();
  if (row.message_sealed === null) return noteFailed(parts.db, row.id, now, 'erased');
  if (now >= row.expires_at) return noteFailed(parts.db, row.id, now, 'expired');
  // Claimed before by a worker that died: it may be out already, and a code must not come twice.
  if (row.kind === 'code' && row.tries > 1) return noteFailed(parts.db, row.id, now, 'unknown whether sent');
  const carrier = parts.carriers[row.channel];
  if (carrier === null) return noteFailed(parts.db, row.id, now, 'no carrier');
  try {
    const body = JSON.parse(open(parts.keys, sealContext(row.id, row.user_id), row.message_sealed));
    await carrier.send({ id: row.id, ...(body as Omit<Message, 'id'>) });
    await noteSent(parts.db, row.id, parts.now());
  } catch (error) {
    parts.onError(error, row.id);
    const why = error instanceof Error ? error.name : 'error';
    if (row.kind === 'code') return noteFailed(parts.db, row.id, parts.now(), why);
    const pause = BACK_OFF_MS[Math.min(row.tries - 1, BACK_OFF_MS.length - 1)] ?? 5_000;
    await noteTryAgain(parts.db, row.id, parts.now() + pause, why);
  }
}
