import { type KeyRing, open, seal } from '../credentials/sealed-secret.ts';
import { MailFault } from '../delivery/mail-fault.ts';
import type { Carrier, Message, Taken } from '../delivery/message.ts';
import { NotSent } from '../delivery/sms/carrier.ts';
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
  /** From `newMessageId`, where it must be known before. */
  readonly id?: string;
}

/** Ids sort by the order of posting, also within one millisecond: what was said first leaves first. */
let posted = 0;

export function newMessageId(ctx: Context): string {
  posted += 1;
  return `${String(posted).padStart(9, '0')}-${id(ctx)}`;
}

/** Posts a message in the transaction of the deed it tells of: neither is ever without the other. */
export async function post(ctx: Context, tx: Db, message: Outgoing): Promise<void> {
  const now = ctx.now();
  const row = message.id ?? newMessageId(ctx);
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
  /** Resolves once this worker has tried to send this message, or when the time is over. */
  tried(messageId: string, withinMs: number): Promise<void>;
}

export interface OutboxParts {
  readonly db: Db;
  readonly keys: KeyRing;
  readonly now: () => number;
  readonly carriers: { readonly email: Carrier; readonly sms: Carrier | null };
  /** By a wrong clock messages would expire that are not over, and those that others are sending be claimed again. */
  readonly mayWork?: () => boolean;
  readonly onError: (error: unknown, messageId: string) => void;
  /** A mail server refused this person's address, or the message, for good. `status`: such as `550 5.1.1`. */
  readonly onBounced?: (bounce: { userId: string; to: string; status: string }) => Promise<void>;
  /** What became of handing a text message over. */
  readonly onTextOutcome?: (messageId: string, outcome: TextOutcome) => Promise<void>;
}

/** What became of handing a text message over. `reason`: a code, never a number or a text. */
export type TextOutcome =
  | ({ readonly state: 'sent' } & Taken)
  | { readonly state: 'failed' | 'unknown'; readonly reason: string };

/** Messages that one channel has under way at once: a carrier that hangs holds its own place and no other. */
const AT_ONCE = 20;

/**
 * One worker for each channel, so that a carrier of text messages that hangs delays no mail; any number may run on
 * any node over one database.
 */
export function createOutbox(parts: OutboxParts): Outbox {
  const waiting = new Map<string, Set<() => void>>();
  const done = (messageId: string) => {
    for (const go of waiting.get(messageId) ?? []) go();
  };
  const lanes = (['email', 'sms'] as const).map((channel) => openLane(parts, channel, done));
  return {
    wake() {
      for (const lane of lanes) lane.wake();
    },
    async drain() {
      await Promise.all(lanes.map((lane) => lane.drain()));
    },
    async stop() {
      await Promise.all(lanes.map((lane) => lane.stop()));
    },
    tried(messageId, withinMs) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const these = waiting.get(messageId) ?? new Set();
      waiting.set(messageId, these.add(resolve));
      const timer = setTimeout(resolve, withinMs);
      return promise.finally(() => {
        clearTimeout(timer);
        these.delete(resolve);
        if (these.size === 0) waiting.delete(messageId);
      });
    },
  };
}

type Lane = Omit<Outbox, 'tried'>;

function openLane(
  parts: OutboxParts,
  channel: OutboxRow['channel'],
  done: (messageId: string) => void,
): Lane {
  const underWay = new Set<Promise<void>>();
  let claiming: Promise<void> | null = null;
  let again = false;
  let stopped = false;

  async function claim(): Promise<void> {
    do {
      again = false;
      const free = AT_ONCE - underWay.size;
      if (free === 0 || parts.mayWork?.() === false) return;
      for (const row of await claimOutgoing(parts.db, parts.now(), CLAIM_MS, free, channel)) start(row);
    } while (again && !stopped);
  }

  function start(row: OutboxRow): void {
    const sending = sendOne(parts, row)
      .catch((error: unknown) => parts.onError(error, row.id))
      .finally(() => {
        underWay.delete(sending);
        done(row.id);
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
  const fail = async (why: string, state: 'failed' | 'unknown' = 'failed', reason = why) => {
    if (row.channel === 'sms') await parts.onTextOutcome?.(row.id, { state, reason });
    await noteFailed(parts.db, row.id, parts.now(), why);
  };
  if (row.message_sealed === null) return fail('erased');
  if (now >= row.expires_at) return fail('expired');
  // Claimed before by a worker that died: it may be out already, and a code must not come twice.
  if (row.kind === 'code' && row.tries > 1) return fail('unknown whether sent', 'unknown', 'interrupted');
  const carrier = parts.carriers[row.channel];
  if (carrier === null) return fail('no carrier', 'failed', 'no_carrier');
  let to = '';
  try {
    const body: Omit<Message, 'id'> = JSON.parse(
      open(parts.keys, sealContext(row.id, row.user_id), row.message_sealed),
    );
    to = body.to;
    const expiresAt = row.channel === 'sms' ? { expiresAt: row.expires_at } : {};
    const taken = (await carrier.send({ id: row.id, ...body, ...expiresAt })) ?? BY_INBOX;
    if (row.channel === 'sms') await parts.onTextOutcome?.(row.id, { state: 'sent', ...taken });
    await noteSent(parts.db, row.id, parts.now());
  } catch (error) {
    parts.onError(error, row.id);
    const why = error instanceof Error ? error.name : 'error';
    // The same answer would come again, and who hammers a mail server is blocked there.
    const bounced = error instanceof MailFault && error.kind === 'bounced';
    if (bounced && row.user_id !== null) {
      await parts.onBounced?.({ userId: row.user_id, to, status: error.status });
    }
    if (row.kind === 'code' || bounced) return fail(why, ...stateOf(error));
    const pause = BACK_OFF_MS[Math.min(row.tries - 1, BACK_OFF_MS.length - 1)] ?? 5_000;
    await noteTryAgain(parts.db, row.id, parts.now() + pause, why);
  }
}

/** A carrier that takes messages and says nothing of them. */
const BY_INBOX: Taken = { carrier: 'inbox', providerId: '', parts: 1 };

/** An error of ours, or of the database, may come after the message was handed over. */
function stateOf(error: unknown): ['failed' | 'unknown', string] {
  if (!(error instanceof NotSent)) return ['unknown', 'error'];
  return [error.kind === 'unknown' ? 'unknown' : 'failed', `${error.kind}:${error.detail}`];
}
