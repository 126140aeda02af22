/**
 * T28: pumping by somebody who answers. Their numbers are theirs, they are paid for each message, and they type every
 * code, so that the share of used codes is perfect and places are given back. Only what is never given back stops them.
 */
import { type Figures, type Mode, mustBeZero, type Report } from '../reliability/figures.ts';
import { type Person, submit } from '../support/door.ts';
import { besideApps, from, inQuiet, onStage, type Size, type Stage, tally } from './attack.ts';

export const name = 'T28 pumping, every code typed';

const SIZES: Readonly<Record<Mode, Size>> = {
  short: { requests: 120, identities: 30, cap: 30, perAccount: 6, apps: 6 },
  long: { requests: 10_000, identities: 1_000, cap: 2_000, perAccount: 200, apps: 200 },
};

export function run(mode: Mode, report: Report): Promise<Figures> {
  return onStage(SIZES[mode], report, attack);
}

async function attack(stage: Stage): Promise<Figures> {
  const { door, gateway, size, report } = stage;
  const apps = await stage.people('app', size.apps, 'totp');
  const thieves = await stage.people('thief', size.identities, 'sms');
  const quiet = await inQuiet(stage, apps, 'totp', async ({ email, password }, n) => {
    const browser = from(door, n);
    await browser.post('/login', { email, password });
    await submit(browser, '/login/code', { code: '000000' });
  });
  let typed = 0;
  const pumped = await besideApps(stage, apps, size.requests, async (n) => {
    const { email, password, phone } = thieves[n % thieves.length] as Person;
    const browser = from(door, n);
    await browser.post('/login', { email, password });
    const page = await browser.get('/login/code');
    if (!page.text.includes('We sent a code')) return;
    const home = await submit(browser, '/login/code', { code: gateway.code(phone ?? '') });
    if (home.path === '/') typed += 1;
  });
  const sent = gateway.handed.length;
  report(`${size.requests} requests, ${sent} messages of at most ${size.cap}, ${typed} codes typed`);
  const figures = {
    ...(await tally(stage, sent, quiet, pumped)),
    sentBeyondCap: Math.max(0, sent - size.cap),
    codesTyped: typed,
  };
  mustBeZero(figures, 'sentBeyondCap', 'sentTwice', 'appLoginsFailed');
  return figures;
}
