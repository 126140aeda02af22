/** Two accounts, or a page and the operator's shell, that change what they demand at the same moment. */
import { expect, it } from 'vitest';
import { operateMandate, operatePlan } from '../../src/flows/operate.ts';
import { openDoor } from '../support/door.ts';

const ROUNDS = 20;
const OPERATOR = { name: 'test' };

it('M4: one account switches off while another switches on: what the second demands does not sleep', async () => {
  await using door = await openDoor();
  const one = await door.addAccount({ name: 'One', mandates: ['totp'] });
  const two = await door.addAccount({ name: 'Two', mandates: ['totp'] });
  const ann = await door.addPerson({
    email: 'ann@one.example',
    method: 'totp',
    in: [{ account: one }, { account: two }],
  });
  await door.mandate('two', null);
  for (let round = 0; round < ROUNDS; round++) {
    const [off, on] = round % 2 === 0 ? ['one', 'two'] : ['two', 'one'];
    await Promise.all([door.mandate(off as string, null), door.mandate(on as string, ['totp'])]);
    const asleep = await door.rows(
      `select asleep_since from authenticators where user_id = '${ann.id}' and asleep_since is not null`,
    );
    expect(asleep, `round ${round}`).toEqual([]);
  }
});

it('M1: a plan and a mandate changed at once never end as a standard account that mandates', async () => {
  await using door = await openDoor();
  await door.addAccount({ name: 'One', plan: 'enterprise' });
  const mandate = (on: boolean) =>
    operateMandate(door.ctx, OPERATOR, { slug: 'one', on, methods: ['totp'], now: false });
  const plan = (name: 'standard' | 'enterprise') =>
    operatePlan(door.ctx, OPERATOR, { slug: 'one', plan: name, force: false });
  for (let round = 0; round < ROUNDS; round++) {
    await plan('enterprise');
    await mandate(false);
    await Promise.all([mandate(true), plan('standard')]);
    const { plan: now, mandate_since: since } = await door.account('one');
    expect({ round, broken: now === 'standard' && since !== null }).toEqual({ round, broken: false });
  }
});
