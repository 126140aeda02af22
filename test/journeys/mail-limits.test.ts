/** Limits on messages: a flood is stopped, and nobody else's login with it (D6, D8, R32). */
import { expect, it } from 'vitest';
import { openDoor, submit } from '../support/door.ts';
import { proveMailbox, STRONG, signUp } from './steps.ts';

it('R32, D8: a stranger’s sign-ups use up no code of the owner’s login, and stop after ten for everybody', async () => {
  await using door = await openDoor();
  const account = await door.addAccount({ name: 'Meridian', mandates: ['totp'] });
  const nina = await door.addPerson({ email: 'nina@people.example', in: [{ account }] });
  const browser = door.browser();
  await door.password(browser, nina);
  for (const email of [nina.email, 'nobody@people.example']) {
    const before = await door.count(email);
    for (let n = 0; n < 12; n++) {
      await signUp(door.browser(), { name: 'Eve', email, password: STRONG, account: 'Eve' });
    }
    await door.sent();
    expect((await door.count(email)) - before, email).toBe(10);
  }
  const again = door.browser();
  await door.password(again, nina);
  expect((await proveMailbox(door, again, nina.email)).path).toBe('/login/set-up');
});

it('T28: text codes that were used are given back, so a busy person is not counted out', async () => {
  await using door = await openDoor();
  const account = await door.addAccount({ name: 'Meridian', mandates: ['sms'] });
  const theo = await door.addPerson({ email: 'theo@people.example', method: 'sms', in: [{ account }] });
  for (let n = 0; n < 12; n++) {
    const browser = door.browser();
    await submit(browser, '/login', { email: theo.email, password: theo.password });
    const home = await submit(browser, '/login/code', { code: await door.code(theo.phone ?? '') });
    expect(home.path, `login ${n + 1}`).toBe('/');
    door.clock.advance(60_000);
  }
});
