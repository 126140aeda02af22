import type { Hasher } from '../credentials/password.ts';
import type { KeyRing } from '../credentials/sealed-secret.ts';
import { newId, type RandomBytes } from '../credentials/token.ts';
import type { MailCarrier } from '../delivery/mail.ts';
import type { Db } from '../store/database.ts';
import type { Clock } from './clock.ts';
import type { TextChannel } from './text-channel.ts';

/** What every flow needs; made once by `start/wire.ts`. */
export interface Context {
  readonly db: Db;
  /** Unix milliseconds, UTC. The only clock; `clock` says whether it can be believed. */
  readonly now: () => number;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly keys: KeyRing;
  readonly hasher: Hasher;
  readonly settings: Settings;
  /** Absent where mails go to the development inbox. Flows post; only the operator's test sends by itself. */
  readonly mail?: MailCarrier | undefined;
  readonly texts: TextChannel;
  /** Wakes the outbox once a transaction with messages has been committed. */
  readonly wakeOutbox: () => void;
}

export interface Settings {
  /** Public address without a trailing slash. */
  readonly url: string;
  /** The product's name, as people know it. */
  readonly product: string;
  /** Whom people turn to. */
  readonly support: string;
  /** Text messages can be sent. */
  readonly textMessages: boolean;
}

/** Who stands at the door: what the edge knows about one request. Tokens come from cookies. */
export interface Visitor {
  /** Network address; IPv6 grouped by /64 for counting in `networkKey`. */
  readonly network: string;
  /** The browser, in words. */
  readonly browser: string;
  /** What it asks for (`Accept-Language`), as it stands in the request. */
  readonly languages?: string;
  readonly loginToken: string | null;
  readonly sessionToken: string | null;
  readonly knownToken: string | null;
  readonly passTokens: readonly string[];
}

/** Cookies that a flow hands out: a value sets, `null` clears, absent leaves alone. */
export interface Tokens {
  readonly login?: string | null;
  readonly session?: string | null;
  readonly known?: string;
  /** All passes of this browser. */
  readonly passes?: readonly string[];
}

export const id = (ctx: Context): string => newId(ctx.random);

/** A person's one spelling of their address: addresses are compared in this form only. */
export function canonicalEmail(typed: string): string {
  // Longer than any address may be (RFC 5321 §4.5.3.1.3): normalising takes time that grows with its square.
  if (typed.length > 1000) return '';
  return typed.trim().normalize('NFC').toLowerCase();
}

/** A name that somebody typed: one line, without signs that steer terminals or turn text around. */
export function oneLine(typed: string): string {
  return typed.replace(/[\p{C}\s]+/gu, ' ').trim();
}
