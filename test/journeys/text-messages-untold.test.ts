/** Where no carrier says what became of a message, an account is shown that, and not that nothing arrived. */
import { expect, it } from 'vitest';
import { askForText } from '../../src/flows/text-messages.ts';
import { inTransaction } from '../../src/store/database.ts';
import { loggedIn } from '../account/steps.ts';
import { openDoor } from '../support/door.ts';
import { smsGateway } from '../support/sms-gateway.ts';

it.each([
  ['?receipts=no', 'no receipts'],
  ['', '0'],
])('the security page, with a gateway at …%s: delivered: %s', async (query, delivered) => {
  const gateway = await smsGateway(() => Date.now());
  const door = await openDoor({ env: { SMS_URL: `${gateway.address}${query}`, SMS_COUNTRIES: 'US' } });
  try {
    const account = await door.addAccount({ name: 'Meridian', mandates: ['totp', 'sms'] });
    const olivia = await door.addPerson({
      email: 'olivia@meridian.example',
      method: 'totp',
      in: [{ account, role: 'owner' }],
    });
    const asked = await inTransaction(door.ctx.db, (tx) =>
      askForText(door.ctx, tx, {
        id: 'ask-1',
        to: '+14155550132',
        purpose: 'code',
        userId: 'person-1',
        accountId: account.id,
        network: '10.0.0.1',
      }),
    );
    expect(asked).toBe('go');
    const page = await (await loggedIn(door, olivia)).get('/accounts/meridian/security');
    const told = query === '' ? `<dd>${delivered}</dd></div>` : `<dd>–</dd><dd[^>]*>${delivered}</dd></div>`;
    expect(page.body).toMatch(new RegExp(`<dt>Delivered</dt>${told}`));
    // The same of the country, in its table (sent, delivered) and in the words that stand for its chart.
    const cell = query === '' ? '0' : '–';
    expect(page.body).toMatch(new RegExp(`All days</th><td[^>]*>1</td><td[^>]*>${cell}</td>`));
    expect(page.body).toContain(query === '' ? '1 sent, 0 delivered,' : '1 sent, no receipts of delivery,');
  } finally {
    await door.close();
    await gateway.close();
  }
});
