/**
 * T28: SMS pumping. A thousand identities on a thousand networks ask for codes that nobody will ever type, to numbers
 * all over a country, so that neither person, number, network nor prefix stops them: the caps must. Before that a lazy
 * one goes through the numbers of one block. Meanwhile people with an app log in.
 */
import { type Figures, type Mode, mustBeZero, type Report } from '../reliability/figures.ts';
import { hours, seconds } from '../support/clock.ts';
import type { Person } from '../support/door.ts';
import { besideApps, from, inQuiet, onStage, type Size, type Stage, tally } from './attack.ts';

export const name = 'T28 pumping, codes never typed';

const SIZES: Readonly<Record<Mode, Size>> = {
  short: { requests: 1_000, identities: 100, cap: 100, perAccount: 20, apps: 15 },
  // The caps are those that hold by default.
  long: { requests: 10_000, identities: 1_000, cap: 2_000, perAccount: 200, apps: 200 },
};

export function run(mode: Mode, report: Report): Promise<Figures> {
  return onStage(SIZES[mode], report, attack);
}

async function attack(stage: Stage): Promise<Figures> {
  const { door, gateway, size, report } = stage;
  const apps = await stage.people('app', size.apps, 'totp');
  const thieves = await stage.people('thief', size.identities, 'sms');
  const logIn = ({ email, password }: Person, n: number) => from(door, n).post('/login', { email, password });
  const quiet = await inQuiet(stage, apps, 'totp', logIn);
  report(`without text messages: ${quiet.tookMs.length} app logins`);
  const began = door.clock.now();
  const block = await pumpOneBlock(stage);
  report(`one block of numbers: ${block.asked} asked for, ${block.sent} sent`);
  // Less than a day in all: no window begins anew.
  const pumped = await besideApps(stage, apps, size.requests, (n) =>
    logIn(thieves[n % thieves.length] as Person, n),
  );
  const sent = gateway.handed.length;
  report(`${size.requests} requests, ${sent} messages of at most ${size.cap}`);
  if (door.clock.now() - began >= hours(24)) throw new Error('it took longer than the day that is counted');
  const figures = {
    ...(await tally(stage, sent, quiet, pumped)),
    sentBeyondCap: Math.max(0, sent - size.cap),
    blockAsked: block.asked,
    blockSent: block.sent,
  };
  mustBeZero(figures, 'sentBeyondCap', 'sentTwice', 'appLoginsFailed');
  return figures;
}

/** The lazy one: a hundred numbers of one block, one after the other, each by a new person on a network of their own. */
async function pumpOneBlock({ door, gateway }: Stage): Promise<{ asked: number; sent: number }> {
  const account = await door.addAccount({ name: 'Block', mandates: ['sms'] });
  const before = gateway.handed.length;
  const asked = 100;
  for (let n = 0; n < asked; n++) {
    const who = await door.addPerson({
      email: `block${n}@people.example`,
      method: 'sms',
      phone: `+1808555${String(2000 + n)}`,
      in: [{ account }],
    });
    await door
      .browser({ 'x-forwarded-for': `172.16.${n}.1` })
      .post('/login', { email: who.email, password: who.password });
    door.clock.advance(seconds(1));
  }
  await door.sent();
  return { asked, sent: gateway.handed.length - before };
}
