/** What the tests of text messages send, and what must never be seen again in an error. */
import { expect } from 'vitest';
import {
  NotSent,
  type NotSentKind,
  type SmsCarrier,
  type SmsMessage,
} from '../../src/delivery/sms/carrier.ts';

/** 2026-11-24T12:00:00Z */
export const NOW = Date.UTC(2026, 10, 24, 12);
export const NUMBER = '+447700900123';
export const TEXT =
  '493817 is your Gate code for signing in. 5 min. Never share it.\n\n@auth.example.com #493817';

let count = 0;

export function message(fields: Partial<SmsMessage> = {}): SmsMessage {
  count += 1;
  return { id: `01hmessage${count}`, to: NUMBER, text: TEXT, expiresAt: NOW + 300_000, ...fields };
}

export const parts = { now: () => NOW };

/** A signal that never aborts. */
export const patient = (): AbortSignal => new AbortController().signal;

/** What a send comes to: the accepted message, or the refusal as `kind detail`. Any other error fails the test. */
export async function outcomeOf(sending: Promise<unknown>): Promise<unknown> {
  try {
    return await sending;
  } catch (error) {
    expect(error).toBeInstanceOf(NotSent);
    return `${(error as NotSent).kind} ${(error as NotSent).detail}`;
  }
}

export async function kindOf(carrier: SmsCarrier, signal = patient()): Promise<NotSentKind | 'accepted'> {
  const outcome = await outcomeOf(carrier.send(message(), signal));
  return typeof outcome === 'string' ? (outcome.split(' ')[0] as NotSentKind) : 'accepted';
}

/** Everything an error would show in a log, own properties and causes included. */
export function shown(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = Object.getOwnPropertyNames(error).map((name) => String(Reflect.get(error, name)));
  return [error.message, error.stack ?? '', ...own, shown(error.cause)].join('\n');
}

export function expectSilentAbout(error: unknown, secrets: readonly string[]): void {
  const text = shown(error);
  for (const secret of [...secrets, NUMBER, NUMBER.slice(1), '493817']) expect(text).not.toContain(secret);
}
