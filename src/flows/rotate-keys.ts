import { type KeyRing, keysAsText, newKey, parseKeys, sealingKey } from '../credentials/sealed-secret.ts';
import { readMeta, sealedKeyNames, writeMeta } from '../store/meta.ts';
import { type RunningNode, runningNodes } from './announce-keys.ts';
import { record } from './audit.ts';
import type { Context } from './context.ts';
import { by, type Operator } from './operate.ts';
import type { KeyFile, LockedKeyFile, Opened, Place } from './place.ts';
import { KeysChanged, type Resealed, resealAll } from './reseal.ts';

/**
 * In `meta`: the ids of the keys that may come, with commas, while a rotation is under way. More than one where the
 * operator asked again before any was set: whichever they set is the one.
 */
const ROTATION = 'key_rotation';
/** How long a running server may take to see the new key file; it looks every five seconds. */
const SEEN_WITHIN_MS = 30_000;
const LOOK_AGAIN_MS = 250;

export interface KeyLine {
  readonly id: string;
  /** The one that seals what is new. */
  readonly seals: boolean;
  /** Rows by table that need it. */
  readonly rows: Readonly<Record<string, number>>;
  /** Running servers that seal with it. */
  readonly usedBy: readonly string[];
}

export async function listKeys(ctx: Context): Promise<KeyLine[]> {
  const found = await sealedKeyNames(ctx.db);
  const nodes = await runningNodes(ctx);
  return ctx.keys.keys.map(({ id }, n) => ({
    id,
    seals: n === 0,
    rows: Object.fromEntries(found.filter((f) => f.keyId === id).map((f) => [f.table, f.rows])),
    usedBy: nodes.filter((node) => node.keyIds[0] === id).map((node) => node.name),
  }));
}

export type RotateResult =
  /** Everything is sealed with the first key. `unused`: keys that no row needs. */
  | ({ readonly result: 'resealed'; readonly keyId: string; readonly unused: readonly string[] } & Resealed)
  /** Nothing was to do; a key that no row needs stands behind. */
  | { readonly result: 'remove_first'; readonly keyId: string; readonly unused: readonly string[] }
  /** Keys come from the environment: the value to set next on every node. */
  | { readonly result: 'set_behind' | 'set_in_front'; readonly keyId: string; readonly value: string }
  /** These servers would not open what the first key seals, or still seal with another one. */
  | { readonly result: 'nodes_behind'; readonly keyId: string; readonly nodes: readonly RunningNode[] }
  | KeyFileRefusal
  /** A row needs a key that was not here when this began: another command has changed the keys meanwhile. */
  | { readonly result: 'keys_changed' };

/** Another command changes the key file, has changed it since it was read, or it is another user's. */
interface KeyFileRefusal {
  readonly result: `key_file_${'locked' | 'changed' | 'other_user'}`;
}

export interface Showing {
  total(rows: number): void;
  done(rows: number): void;
  waiting(nodes: readonly RunningNode[]): void;
}

/**
 * One step of a rotation, whichever is due: add a key, or seal everything with it. Safe to be called again and
 * again, also after it was killed.
 */
export async function rotateKeys(place: Place, operator: Operator, showing: Showing): Promise<RotateResult> {
  const opened = await place.open();
  try {
    return place.keyFile === null
      ? await rotateEnvironment(opened.ctx, operator, showing)
      : await rotateFile(place.keyFile, opened, operator, showing);
  } catch (error) {
    if (error instanceof KeysChanged) return { result: 'keys_changed' };
    throw error;
  } finally {
    await opened.close();
  }
}

const othersOf = (keys: KeyRing) => keys.keys.slice(1).map((key) => key.id);

async function rowsOfOthers(ctx: Context): Promise<number> {
  const first = sealingKey(ctx.keys).id;
  const found = (await sealedKeyNames(ctx.db)).filter((f) => f.keyId !== first);
  return found.reduce((sum, f) => sum + f.rows, 0);
}

/** The key file of the one machine: the running server reads it anew by itself, and says so. */
async function rotateFile(
  keyFile: KeyFile,
  opened: Opened,
  operator: Operator,
  showing: Showing,
): Promise<RotateResult> {
  const { ctx } = opened;
  const keyId = sealingKey(ctx.keys).id;
  if (ctx.keys.keys.length > 1) {
    if ((await rowsOfOthers(ctx)) === 0 && !(await comingKeys(ctx)).includes(keyId)) {
      return { result: 'remove_first', keyId, unused: othersOf(ctx.keys) };
    }
    return resealWith(ctx, operator, showing, keyFile);
  }
  const fresh = parseKeys(newKey(ctx.random));
  const both: KeyRing = { keys: [...fresh.keys, ...ctx.keys.keys] };
  const locked = keyFile.lock(ctx.keys);
  if (typeof locked === 'string') return { result: `key_file_${locked}` };
  try {
    // First noted, then written: cut off in between, the key in front is told from one that was done with.
    await noteRotation(ctx, operator, sealingKey(both).id);
    locked.write(both);
  } finally {
    locked.letGo();
  }
  return resealWith({ ...ctx, keys: both }, operator, showing, keyFile);
}

/** How many are remembered: who asks more often sets one of the last. */
const MOST_COMING = 20;

const comingKeys = async (ctx: Context): Promise<string[]> =>
  ((await readMeta(ctx.db, ROTATION)) ?? '').split(',').filter((keyId) => keyId !== '');

async function noteRotation(ctx: Context, operator: Operator, to: string): Promise<void> {
  const coming = [to, ...(await comingKeys(ctx))].slice(0, MOST_COMING);
  await writeMeta(ctx.db, ROTATION, coming.join(','));
  await record(ctx, ctx.db, { kind: 'keys.added', ...by(operator), data: { key: to } });
}

async function rotateEnvironment(ctx: Context, operator: Operator, showing: Showing): Promise<RotateResult> {
  const { keys } = ctx.keys;
  const keyId = sealingKey(ctx.keys).id;
  const coming = await comingKeys(ctx);
  if (keys.length === 1) {
    const fresh = parseKeys(newKey(ctx.random));
    const to = sealingKey(fresh).id;
    await noteRotation(ctx, operator, to);
    return { result: 'set_behind', keyId: to, value: keysAsText({ keys: [...keys, ...fresh.keys] }) };
  }
  const behind = keys.slice(1).find((key) => coming.includes(key.id));
  if (behind !== undefined) {
    const nodes = (await runningNodes(ctx)).filter((node) => !node.keyIds.includes(behind.id));
    if (nodes.length > 0) return { result: 'nodes_behind', keyId: behind.id, nodes };
    const others = keys.filter((key) => key !== behind);
    return { result: 'set_in_front', keyId: behind.id, value: keysAsText({ keys: [behind, ...others] }) };
  }
  if ((await rowsOfOthers(ctx)) === 0 && !coming.includes(keyId)) {
    return { result: 'remove_first', keyId, unused: othersOf(ctx.keys) };
  }
  // Nodes get other keys only by a new start, which is the operator's.
  return resealWith(ctx, operator, showing, null);
}

async function resealWith(
  ctx: Context,
  operator: Operator,
  showing: Showing,
  keyFile: KeyFile | null,
): Promise<RotateResult> {
  const keyId = sealingKey(ctx.keys).id;
  const behind = await waitForNodes(ctx, keyId, showing, keyFile === null ? 0 : SEEN_WITHIN_MS);
  if (behind.length > 0) return { result: 'nodes_behind', keyId, nodes: behind };
  // What is sealed with a key that stands in no file is lost with this process.
  if (keyFile !== null && sealingKey(keyFile.read()).id !== keyId) return { result: 'key_file_changed' };
  showing.total(await rowsOfOthers(ctx));
  const { rows, damaged } = await resealAll(ctx, showing.done);
  if (damaged.length === 0) await writeMeta(ctx.db, ROTATION, '');
  await record(ctx, ctx.db, { kind: 'keys.resealed', ...by(operator), data: { key: keyId, rows } });
  const needed = new Set((await sealedKeyNames(ctx.db)).map((found) => found.keyId));
  const unused = othersOf(ctx.keys).filter((id) => !needed.has(id));
  return { result: 'resealed', keyId, unused, rows, damaged };
}

/** Nothing is sealed anew before every running server seals with this key itself, and so opens it too. */
async function waitForNodes(
  ctx: Context,
  keyId: string,
  showing: Showing,
  patienceMs: number,
): Promise<RunningNode[]> {
  const patience = performance.now() + patienceMs;
  for (;;) {
    const behind = (await runningNodes(ctx)).filter((node) => node.keyIds[0] !== keyId);
    if (behind.length === 0 || performance.now() >= patience) return behind;
    showing.waiting(behind);
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

export type RemoveResult =
  | { readonly result: 'removed'; readonly path: string }
  /** Keys come from the environment: the value to set on every node. */
  | { readonly result: 'set'; readonly value: string }
  | { readonly result: 'no_key' | 'seals' }
  | { readonly result: 'needed'; readonly rows: Readonly<Record<string, number>> }
  | { readonly result: 'in_use'; readonly nodes: readonly string[] }
  | KeyFileRefusal;

/** Takes a key away that nothing needs: no row, and no running server that would seal with it once more. */
export async function removeKey(place: Place, operator: Operator, keyId: string): Promise<RemoveResult> {
  const { ctx, close } = await place.open();
  try {
    // Held while it is looked who needs the key: a rotation meanwhile would make it needed again.
    const locked = place.keyFile?.lock(ctx.keys) ?? null;
    if (typeof locked === 'string') return { result: `key_file_${locked}` };
    try {
      return await removeHeld(ctx, operator, keyId, place.keyFile?.path ?? '', locked);
    } finally {
      locked?.letGo();
    }
  } finally {
    await close();
  }
}

async function removeHeld(
  ctx: Context,
  operator: Operator,
  keyId: string,
  path: string,
  keyFile: LockedKeyFile | null,
): Promise<RemoveResult> {
  const line = (await listKeys(ctx)).find((key) => key.id === keyId);
  if (line === undefined) return { result: 'no_key' };
  if (line.seals) return { result: 'seals' };
  if (line.usedBy.length > 0) return { result: 'in_use', nodes: line.usedBy };
  if (Object.keys(line.rows).length > 0) return { result: 'needed', rows: line.rows };
  const left: KeyRing = { keys: ctx.keys.keys.filter((key) => key.id !== keyId) };
  await record(ctx, ctx.db, { kind: 'keys.removed', ...by(operator), data: { key: keyId } });
  if (keyFile === null) return { result: 'set', value: keysAsText(left) };
  keyFile.write(left);
  return { result: 'removed', path };
}
