/** Q11, D5: whoever is told to come again because too many log in at once has lost nothing by it. */
import { expect, test } from 'vitest';
import { createHasher, type Hasher, HashingOverloaded } from '../../src/credentials/password.ts';
import { openDoor, quickHasher } from '../support/door.ts';

/** Takes nobody while `full`. */
function hasherThatFillsUp(): Hasher & { full: boolean } {
  return {
    ...quickHasher,
    full: false,
    inTurn(work) {
      return this.full ? Promise.reject(new HashingOverloaded()) : createHasher().inTurn(work);
    },
  };
}

test('D5: 503 with Retry-After, and neither a password, a recovery code nor a sign-up was counted', async () => {
  const hasher = hasherThatFillsUp();
  await using door = await openDoor({ demo: true, hasher });
  const olivia = await door.demoPerson('olivia');
  const inside = door.browser();
  await door.logIn(inside, olivia);
  const browser = door.browser();
  await door.password(browser, olivia);
  const counters = () =>
    door.rows('select key, wrong, wait_until from counters where wrong > 0 order by key');
  const [before, users] = [await counters(), await door.rows('select id from users')];

  hasher.full = true;
  for (let again = 0; again < 12; again++) {
    const answers = [
      await door.browser().post('/login', { email: olivia.email, password: olivia.password }),
      await door.browser().post('/login', { email: 'nobody@example.com', password: 'a wrong password' }),
      await browser.post('/login/recovery-code', { code: 'abcd-efgh-jkmn' }),
      await door.browser().post('/sign-up', {
        name: 'Eve',
        email: 'eve@new.example',
        password: 'four brown horses over a wall',
        account: 'North Light',
      }),
    ];
    expect(answers.map((a) => a.status)).toEqual([503, 503, 503, 503]);
    for (const { headers } of answers) expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  }
  expect(await counters()).toEqual(before);
  expect(await door.rows('select id from users')).toEqual(users);
  expect((await inside.get('/')).status).toBe(200);

  hasher.full = false;
  expect((await door.password(door.browser(), olivia)).path).toBe('/login/code');
});
