/**
 * D8, R63: the time an answer takes does not tell whether an address has a login. Known and unknown ones in turn, so
 * that whatever else the machine does falls on both alike. `TIMING_TRIES=1000` for R63's own figure.
 */
import { describe, expect, it } from 'vitest';
import { createHasher } from '../../src/credentials/password.ts';
import { type Door, openDoor } from '../support/door.ts';
import type { Answer, HttpBrowser } from '../support/http-browser.ts';
import { STRONG } from './steps.ts';

const TRIES = Number(process.env.TIMING_TRIES ?? 60);
const MOST_MS = 5;

const median = (all: number[]): number =>
  all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;

type Deed = (browser: HttpBrowser, email: string) => Promise<Answer>;

const deeds: Record<string, { deed: Deed; status: number }> = {
  'a wrong password': {
    status: 422,
    deed: (browser, email) => browser.post('/login', { email, password: 'a wrong password, typed' }),
  },
  'a sign-up': {
    status: 303,
    deed: (browser, email) =>
      browser.post('/sign-up', { name: 'Ann', email, password: STRONG, account: 'North' }),
  },
  'a forgotten password': {
    status: 200,
    deed: (browser, email) => browser.post('/forgot-password', { email }),
  },
};

/** Everybody is asked for once, from a network of their own: nobody is slowed down (D7). */
async function measure(
  door: Door,
  deed: Deed,
  email: string,
  network: string,
  status: number,
): Promise<number> {
  const browser = door.browser({ 'x-forwarded-for': network });
  const start = performance.now();
  const answer = await deed(browser, email);
  const ms = performance.now() - start;
  expect(answer.status).toBe(status);
  await door.sent();
  return ms;
}

describe.each(Object.entries(deeds))('%s', (name, { deed, status }) => {
  it(`R63: ${TRIES} known and unknown addresses: medians within ${MOST_MS} ms`, async () => {
    await using door = await openDoor({ proxied: true, hasher: createHasher() });
    const account = await door.addAccount({ name: 'Meridian Pictures', mandates: ['totp'] });
    const ann = await door.addPerson({ email: 'person-0000@example.com', method: 'totp', in: [{ account }] });
    const [hash] = await door.rows<{ password_hash: string }>('select password_hash from users');
    const known = (n: number) => `person-${String(n).padStart(4, '0')}@example.com`;
    for (let n = 1; n <= TRIES; n++) {
      await door.rows(`insert into users (id, email, name, password_hash, password_changed_at, created_at)
        values ('${n}', '${known(n)}', 'Ann', '${hash?.password_hash}', 0, 0)`);
    }
    const network = (n: number, half: number) => `10.${half}.${Math.floor(n / 250)}.${n % 250}`;
    for (const email of [ann.email, 'nobody-0000@example.com'])
      await measure(door, deed, email, '10.9.9.9', status);

    // A machine that is busy with something else can part two medians; a leak parts them every time.
    const differences: number[] = [];
    for (let round = 1; round <= 3 && (differences.at(-1) ?? MOST_MS) >= MOST_MS; round++) {
      const times: { known: number[]; unknown: number[] } = { known: [], unknown: [] };
      for (let n = 1; n <= TRIES; n++) {
        const pair = [
          async () => times.known.push(await measure(door, deed, known(n), network(n, round), status)),
          async () => {
            const email = known(n).replace('person', 'nobody');
            times.unknown.push(await measure(door, deed, email, network(n, 10 + round), status));
          },
        ];
        // Neither is always the first.
        for (const one of n % 2 === 0 ? pair : pair.toReversed()) await one();
      }
      expect(times.known).toHaveLength(TRIES);
      if (process.env.TIMING_TRIES) console.info(name, median(times.known), median(times.unknown));
      differences.push(Math.abs(median(times.known) - median(times.unknown)));
    }
    expect(Math.min(...differences), `medians apart by ${differences.join(', ')} ms`).toBeLessThan(MOST_MS);
  }, 300_000);
});
