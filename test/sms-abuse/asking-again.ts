/** T28: one login that asks again and again, though it is refused: what it leaves in the database has an end. */
import { type Figures, type Mode, mustBeZero, type Report } from '../reliability/figures.ts';
import type { Person } from '../support/door.ts';
import { from, onStage, type Stage } from './attack.ts';

export const name = 'T28 refused asks of one login';

const ASKS: Readonly<Record<Mode, number>> = { short: 100, long: 10_000 };

export function run(mode: Mode, report: Report): Promise<Figures> {
  const size = { requests: ASKS[mode], identities: 1, cap: 2_000, perAccount: 200, apps: 0 };
  return onStage(size, report, attack);
}

async function attack(stage: Stage): Promise<Figures> {
  const { door, gateway, size } = stage;
  const [thief] = (await stage.people('thief', 1, 'sms')) as [Person];
  const { email, password } = thief;
  // Three to one number in ten minutes; the fourth login is refused, and asks on.
  for (let n = 0; n < 3; n++) await from(door, n).post('/login', { email, password });
  const browser = from(door, 3);
  await browser.post('/login', { email, password });
  await door.sent();
  const before = await rowsOfAll(stage);
  let refused = 0;
  for (let n = 0; n < size.requests; n++) {
    const answer = await browser.post('/login/code', { action: 'resend' });
    if (answer.status === 422) refused += 1;
  }
  await door.sent();
  const [row] = await door.rows<{ n: number }>(
    "select sum(asks) as n from text_messages where state = 'blocked'",
  );
  const figures = {
    asks: size.requests,
    refused,
    sent: gateway.handed.length,
    countedAsBlocked: Number(row?.n),
    rowsAdded: (await rowsOfAll(stage)) - before,
  };
  mustBeZero(figures, 'rowsAdded');
  return figures;
}

/** Over every table: it shall not matter where they would pile up. */
async function rowsOfAll({ door }: Stage): Promise<number> {
  const tables = await door.ctx.db.introspection.getTables();
  const counts = await Promise.all(
    tables.map(({ name }) => door.rows<{ n: number }>(`select count(*) as n from "${name}"`)),
  );
  return counts.reduce((sum, [row]) => sum + Number(row?.n), 0);
}
