/** E6: the key file of the one machine: changed while the server runs, whole or not at all, and for its owner alone. */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { keysAsText, parseKeys, seal, sealedKeyId } from '../../src/credentials/sealed-secret.ts';
import { listKeys, removeKey, rotateKeys, type Showing } from '../../src/flows/rotate-keys.ts';
import { createClock } from '../support/clock.ts';
import { openStand, placeAt, type StandGiven } from '../support/stand.ts';

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
});
