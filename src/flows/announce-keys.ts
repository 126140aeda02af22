import type { KeyRing } from '../credentials/sealed-secret.ts';
import { deleteMeta, readMetaOf, writeMeta } from '../store/meta.ts';
import type { Context } from './context.ts';

/**
 * Every running server says in the database which keys it has, and again every minute. So a rotation sees that it
 * would shut a server out, or that one still seals with the key that is to go, and refuses instead.
 */
export const ANNOUNCE_EVERY_MS = 60_000;
/** A server not heard of for so long is gone: killed, or its machine is. One that ends in order says so. */
export const SILENT_AFTER_MS = 3 * ANNOUNCE_EVERY_MS;

const PREFIX = 'node:';

export interface RunningNode {
  /** Host and port. */
  readonly name: string;
  /** Ids of its keys; the first seals. */
  readonly keyIds: readonly string[];
}

type Where = Pick<Context, 'db' | 'now'>;

export async function announceKeys(ctx: Where, name: string, keys: KeyRing): Promise<void> {
  const said = { keyIds: keys.keys.map((key) => key.id), at: ctx.now() };
  await writeMeta(ctx.db, `${PREFIX}${name}`, JSON.stringify(said));
}

export async function withdrawAnnouncement(ctx: Where, name: string): Promise<void> {
  await deleteMeta(ctx.db, `${PREFIX}${name}`);
}

/** How long the end of a server waits for a database that does not answer; it is forgotten by itself later. */
const WITHDRAW_WITHIN_MS = 1_000;

export interface Announcer {
  announce(): Promise<void>;
  /** Once nothing seals any more. No announcement comes after it, also none that was under way. Never rejects. */
  withdraw(): Promise<void>;
}

/** Announces for one server, one after the other. */
export function createAnnouncer(ctx: Where, name: string, keys: KeyRing): Announcer {
  let last: Promise<void> = Promise.resolve();
  let [announced, leaving] = [false, false];
  const after = (deed: () => Promise<void>) => {
    last = last.catch(() => {}).then(deed);
    return last;
  };
  return {
    announce: () =>
      after(async () => {
        if (leaving) return;
        announced = true;
        await announceKeys(ctx, name, keys);
      }),
    async withdraw() {
      leaving = true;
      const gone = after(async () => {
        if (announced) await withdrawAnnouncement(ctx, name);
      }).catch(() => {});
      await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, WITHDRAW_WITHIN_MS).unref())]);
    },
  };
}

/** Servers that run now, as far as the last three minutes tell. */
export async function runningNodes(ctx: Where): Promise<RunningNode[]> {
  const rows = await readMetaOf(ctx.db, PREFIX);
  return rows.flatMap(({ key, value }) => {
    const said = JSON.parse(value) as { keyIds: string[]; at: number };
    const silent = ctx.now() - said.at > SILENT_AFTER_MS;
    return silent ? [] : [{ name: key.slice(PREFIX.length), keyIds: said.keyIds }];
  });
}

/** A restored copy knows of servers that ran elsewhere, or before. */
export async function forgetNodes(ctx: Where): Promise<void> {
  for (const { key } of await readMetaOf(ctx.db, PREFIX)) await deleteMeta(ctx.db, key);
}
