/** E6: the key file of the one machine: changed while the server runs, whole or not at all, and for its owner alone. */
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, describe, expect, test } from 'vitest';
import {
  type KeyRing,
  keysAsText,
  parseKeys,
  seal,
  sealedKeyId,
  sealingKey,
} from '../../src/credentials/sealed-secret.ts';
import { createAnnouncer, runningNodes } from '../../src/flows/announce-keys.ts';
import type { Place } from '../../src/flows/place.ts';
import { listKeys, removeKey, rotateKeys, type Showing } from '../../src/flows/rotate-keys.ts';
import { wire } from '../../src/start/wire.ts';
import { createClock } from '../support/clock.ts';
import { configOf, openStand, placeAt, type StandGiven } from '../support/stand.ts';

const OPERATOR = { name: 'tester' };
const QUIET: Showing = { total: () => {}, done: () => {}, waiting: () => {} };
const root = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'sallyport-key-file-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const sqliteAddress = () => `sqlite:${join(mkdtempSync(join(root, 'at-')), 'sallyport.db')}`;
const idOf = (key: string) => parseKeys(key).keys[0]?.id ?? '';

describe('the key file', () => {
  async function newStand() {
    const databaseUrl = sqliteAddress();
    const path = databaseUrl.slice('sqlite:'.length);
    const given: StandGiven = { databaseUrl, keys: null, clock: createClock() };
    const stand = await openStand(given);
    const account = await stand.addAccount({ name: 'Meridian', mandates: ['totp'] });
    const nina = await stand.addPerson({ email: 'nina@meridian.example', method: 'totp', in: [{ account }] });
    return { stand, given, nina, keyFile: path.replace('.db', '.keys'), place: await placeAt(given) };
  }
  const modeOf = (path: string) => statSync(path).mode & 0o777;

  test('is changed by one command while the server runs: it reads the new key by itself, and nobody notices', async () => {
    const { stand, given, nina, keyFile, place } = await newStand();
    const [old = ''] = readFileSync(keyFile, 'utf8').trim().split(',');
    const umask = process.umask(0);
    const waited: string[] = [];
    const result = await rotateKeys(place, OPERATOR, {
      ...QUIET,
      waiting: (nodes) => waited.push(...nodes.map((node) => node.name)),
    });
    process.umask(umask);
    const [first = '', second] = readFileSync(keyFile, 'utf8').trim().split(',');
    expect(second).toBe(old);
    expect(result).toEqual({
      result: 'resealed',
      keyId: idOf(first),
      unused: [idOf(old)],
      rows: 1,
      damaged: [],
    });
    expect(waited.length, 'it waited for the server to read the file').toBeGreaterThan(0);
    expect(modeOf(keyFile)).toBe(0o600);
    const browser = stand.browser();
    await stand.logIn(browser, nina);
    expect((await browser.get('/')).status).toBe(200);
    const place2 = { table: 't', row: 'r', user: 'u' };
    expect(sealedKeyId(seal(stand.ctx.keys, place2, 'new', randomBytes))).toBe(idOf(first));
    expect(await listKeys(stand.ctx)).toEqual([
      { id: idOf(first), seals: true, rows: { authenticators: 1 }, usedBy: [expect.stringContaining(':')] },
      { id: idOf(old), seals: false, rows: {}, usedBy: [] },
    ]);
    expect(await removeKey(place, OPERATOR, idOf(old))).toEqual({ result: 'removed', path: keyFile });
    expect(readFileSync(keyFile, 'utf8')).toBe(`${first}\n`);
    expect(modeOf(keyFile)).toBe(0o600);
    await stand.close();
    await (await openStand(given)).close();
    chmodSync(keyFile, 0o644);
    await expect(openStand(given)).rejects.toThrow(/can be read by others.*chmod 600/);
  }, 30_000);

  test('cut off after the new key was written, the next run goes on with it and makes no third', async () => {
    const { stand, given, nina, keyFile, place } = await newStand();
    await stand.close();
    await expect(
      rotateKeys(place, OPERATOR, {
        ...QUIET,
        total: () => {
          throw new Error('pulled the plug');
        },
      }),
    ).rejects.toThrow('pulled the plug');
    const written = readFileSync(keyFile, 'utf8');
    expect(written.trim().split(',')).toHaveLength(2);
    await using between = await openStand(given);
    await between.logIn(between.browser(), nina);
    await between.close();
    const result = await rotateKeys(place, OPERATOR, QUIET);
    expect(result).toMatchObject({ result: 'resealed', rows: 1 });
    expect(readFileSync(keyFile, 'utf8')).toBe(written);
    expect(keysAsText(parseKeys(written.trim()))).toBe(written.trim());
  });

  /** What another command does between this one's look at the keys and its deed. */
  const whenOpened = (place: Place, meanwhile: () => Promise<unknown>): Place => ({
    ...place,
    async open() {
      const opened = await place.open();
      await meanwhile();
      return opened;
    },
  });
  const keysIn = (path: string) => parseKeys(readFileSync(path, 'utf8').trim());

  test('E6: of two rotations at once one makes a key; the other seals nothing with a key of its own', async () => {
    const { stand, given, nina, keyFile, place } = await newStand();
    await stand.close();
    let first: unknown;
    const late = whenOpened(place, async () => {
      first = await rotateKeys(place, OPERATOR, QUIET);
    });
    const second = await rotateKeys(late, OPERATOR, QUIET);
    expect(first).toMatchObject({ result: 'resealed', rows: 1 });
    expect(second).toEqual({ result: 'key_file_changed' });
    expect(keysIn(keyFile).keys).toHaveLength(2);
    // And a removal that looked before a rotation takes no key away that it has not seen.
    const old = keysIn(keyFile).keys[1]?.id ?? '';
    const between = whenOpened(place, async () => {
      await removeKey(place, OPERATOR, old);
      await rotateKeys(place, OPERATOR, QUIET);
    });
    expect(await removeKey(between, OPERATOR, old)).toEqual({ result: 'key_file_changed' });
    expect(keysIn(keyFile).keys).toHaveLength(2);
    await using back = await openStand(given);
    await back.logIn(back.browser(), nina);
  });

  test('E6: nothing is sealed anew with a key that does not stand first in the file', async () => {
    const { stand, given, keyFile, place } = await newStand();
    await stand.close();
    const before = readFileSync(keyFile, 'utf8');
    const real = place.keyFile;
    if (real === null) throw new Error('no key file');
    const overwritten: Place = {
      ...place,
      keyFile: {
        ...real,
        lock(was) {
          const locked = real.lock(was);
          if (typeof locked === 'string') return locked;
          const write = (keys: KeyRing) => {
            locked.write(keys);
            // Somebody brings the file of a backup back.
            writeFileSync(keyFile, before);
          };
          return { ...locked, write };
        },
      },
    };
    expect(await rotateKeys(overwritten, OPERATOR, QUIET)).toEqual({ result: 'key_file_changed' });
    await using back = await openStand(given);
    expect(await listKeys(back.ctx)).toMatchObject([{ seals: true, rows: { authenticators: 1 } }]);
  });

  test('a .new that lies there stops every change, and is neither followed nor written to', async () => {
    const { stand, keyFile, place } = await newStand();
    await stand.close();
    const before = readFileSync(keyFile, 'utf8');
    const elsewhere = join(mkdtempSync(join(root, 'elsewhere-')), 'file');
    writeFileSync(elsewhere, 'theirs', { mode: 0o644 });
    symlinkSync(elsewhere, `${keyFile}.new`);
    expect(await rotateKeys(place, OPERATOR, QUIET)).toEqual({ result: 'key_file_locked' });
    expect(await removeKey(place, OPERATOR, keysIn(keyFile).keys[0]?.id ?? '')).toEqual({
      result: 'key_file_locked',
    });
    expect([readFileSync(keyFile, 'utf8'), readFileSync(elsewhere, 'utf8')]).toEqual([before, 'theirs']);
    rmSync(`${keyFile}.new`);
    // What a refusal leaves behind would be a lock that nobody holds.
    expect(await removeKey(place, OPERATOR, 'nonsense')).toEqual({ result: 'no_key' });
    expect(existsSync(`${keyFile}.new`)).toBe(false);
    expect(await rotateKeys(place, OPERATOR, QUIET)).toMatchObject({ result: 'resealed' });
  });

  test('stays its owner’s, also where root runs the command', async () => {
    const { stand, keyFile, place } = await newStand();
    await stand.close();
    const own = [process.getuid?.() ?? 0, process.getgid?.() ?? 0] as const;
    // Only root can show it; for anybody else the owner is themselves before and after.
    const [uid, gid] = own[0] === 0 ? [12_345, 23_456] : own;
    chownSync(keyFile, uid, gid);
    expect(await rotateKeys(place, OPERATOR, QUIET)).toMatchObject({ result: 'resealed' });
    const made = statSync(keyFile);
    expect([made.uid, made.gid, modeOf(keyFile)]).toEqual([uid, gid, 0o600]);
  });

  test('E6: a server that starts while the key is changed has the new one before its first request', async () => {
    const { stand, given, nina, keyFile, place } = await newStand();
    await stand.close();
    const app = await wire(await configOf(given), 'serve', {
      now: given.clock.now,
      logger: pino({ level: 'silent' }),
    });
    // It has read the file, and is not heard of yet.
    expect(await rotateKeys(place, OPERATOR, QUIET)).toMatchObject({ result: 'resealed' });
    await app.listen();
    expect(sealingKey(app.ctx.keys).id).toBe(keysIn(keyFile).keys[0]?.id);
    expect(await runningNodes(app.ctx)).toMatchObject([
      { keyIds: keysIn(keyFile).keys.map((key) => key.id) },
    ]);
    const stop = app.outbox.stop.bind(app.outbox);
    let whileStopping: unknown;
    app.outbox.stop = async () => {
      whileStopping = await runningNodes(app.ctx);
      await stop();
    };
    await app.close();
    expect(whileStopping, 'it seals to the end, and says so').toHaveLength(1);
    await using back = await openStand(given);
    expect(await runningNodes(back.ctx)).toHaveLength(1);
    await back.logIn(back.browser(), nina);
  });

  test('E6: no announcement comes after a server has withdrawn, also none that was under way', async () => {
    const { stand } = await newStand();
    const { announce, withdraw } = createAnnouncer(stand.ctx, 'leaving:1', stand.ctx.keys);
    const names = async () => (await runningNodes(stand.ctx)).map(({ name }) => name);
    await announce();
    expect(await names()).toContain('leaving:1');
    const underWay = announce();
    await withdraw();
    await Promise.all([underWay, announce()]);
    expect(await names()).not.toContain('leaving:1');
    await stand.close();
  });
});
