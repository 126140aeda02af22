/**
 * T28, T30: pumping by set-ups. Whoever has a password and a mailbox and no authenticator yet names one number after the
 * other. They may have half of what the service sends; the other half is for people who are set up, by text or app.
 */
import { type Figures, type Mode, mustBeZero, type Report } from '../reliability/figures.ts';
import { hours } from '../support/clock.ts';
import { type Person, submit } from '../support/door.ts';
import { besideApps, from, inQuiet, numberOf, onStage, type Size, type Stage, tally } from './attack.ts';

export const name = 'T28 pumping, by set-ups';

const SIZES: Readonly<Record<Mode, Size & { readonly victims: number }>> = {
  short: { requests: 150, identities: 25, cap: 40, perAccount: 40, apps: 3, victims: 6 },
  long: { requests: 10_000, identities: 1_000, cap: 2_000, perAccount: 200, apps: 200, victims: 100 },
};

export function run(mode: Mode, report: Report): Promise<Figures> {
  return onStage(SIZES[mode], report, (stage) => attack(stage, SIZES[mode].victims));
}

async function attack(stage: Stage, victims: number): Promise<Figures> {
  const { door, gateway, size, report } = stage;
  const apps = await stage.people('app', size.apps, 'totp');
  const thieves = await stage.people('thief', size.identities);
  const setUp = await stage.people('victim', victims, 'sms');
  const numbers = size.requests / size.identities;
  const quiet = await inQuiet(stage, apps, undefined, async (who, n) => {
    const browser = await toSetUp(stage, who, n, 'totp');
    for (let k = 0; k < numbers; k++) await browser.post('/login/set-up/app', { code: '000000' });
  });
  let asked = 0;
  const began = door.clock.now();
  const pumped = await besideApps(
    stage,
    apps,
    size.identities,
    async (n) => {
      const taken = await nameNumbers(stage, thieves[n] as Person, n, numbers);
      asked += taken;
    },
    hours(20),
  );
  const sent = gateway.handed.length;
  report(`${asked} numbers named, ${sent} messages of at most ${size.cap / 2}`);
  let textLoginsFailed = 0;
  for (const [n, victim] of setUp.entries()) {
    const browser = door.browser({ 'x-forwarded-for': `172.20.${n}.1` });
    await door.password(browser, victim);
    const home = await submit(browser, '/login/code', { code: gateway.code(victim.phone ?? '') });
    if (home.path !== '/') textLoginsFailed += 1;
  }
  if (door.clock.now() - began >= hours(24)) throw new Error('it took longer than the day that is counted');
  const figures = {
    ...(await tally(stage, sent, quiet, pumped)),
    numbersNamed: asked,
    sentBeyondHalf: Math.max(0, sent - size.cap / 2),
    textLogins: setUp.length,
    textLoginsFailed,
  };
  mustBeZero(figures, 'sentBeyondHalf', 'sentTwice', 'appLoginsFailed', 'textLoginsFailed');
  return figures;
}

/** One login to where a number is named, then as many as there are. @returns how many were taken by the form. */
async function nameNumbers(stage: Stage, who: Person, n: number, count: number): Promise<number> {
  const browser = await toSetUp(stage, who, n, 'sms');
  let taken = 0;
  for (let k = 0; k < count; k++) {
    const phone = numberOf(n * count + k);
    const answer = await browser.post('/login/set-up/phone', { country: 'US', phone });
    if (answer.status === 303) taken += 1;
  }
  return taken;
}

async function toSetUp({ door }: Stage, who: Person, n: number, method: 'totp' | 'sms') {
  const browser = from(door, n);
  await browser.post('/login', { email: who.email, password: who.password });
  await browser.post('/login/email-code', { code: await door.code(who.email) });
  await browser.post('/login/set-up', { method });
  return browser;
}
