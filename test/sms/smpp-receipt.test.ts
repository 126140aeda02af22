import fc from 'fast-check';
import smpp, { type Pdu } from 'smpp';
import { describe, expect, it } from 'vitest';
import { readSmppReceipt, smppIdForms } from '../../src/delivery/sms/smpp-receipt.ts';

/** A deliver_sm as the package reads it off the wire. */
function deliver(fields: Record<string, unknown>): Pdu {
  const bytes = new smpp.PDU('deliver_sm', { esm_class: 4, short_message: '', ...fields }).toBuffer();
  return new smpp.PDU(bytes as unknown as string);
}

const text = (stat: string, err = '000', id = '0123456789') =>
  `id:${id} sub:001 dlvrd:001 submit date:2611241200 done date:2611241201 stat:${stat} err:${err} text:Your code`;

describe('the text of appendix B', () => {
  it.each([
    ['DELIVRD', 'delivered', undefined],
    ['ENROUTE', 'on_the_way', undefined],
    ['ACCEPTD', 'on_the_way', undefined],
    ['EXPIRED', 'failed', 'EXPIRED'],
    ['DELETED', 'failed', 'DELETED'],
    ['UNDELIV', 'failed', 'UNDELIV'],
    ['REJECTD', 'failed', 'REJECTD'],
    ['UNKNOWN', 'failed', 'UNKNOWN'],
  ])('%s is %s', (stat, outcome, error) => {
    const receipt = { providerId: '0123456789', outcome, ...(error && { error }) };
    expect(readSmppReceipt(deliver({ short_message: text(stat) }))).toEqual(receipt);
  });

  it('a failure with its code', () => {
    expect(readSmppReceipt(deliver({ short_message: text('UNDELIV', '069') }))).toMatchObject({
      error: '069',
    });
  });

  it('in other dress: lower case, blanks, order, and in message_payload', () => {
    const other = 'Id: 7f3a Stat:delivrd Err:0 done date:261124120100';
    expect(readSmppReceipt(deliver({ short_message: other }))).toEqual({
      providerId: '7f3a',
      outcome: 'delivered',
    });
    const payload = deliver({ message_payload: Buffer.from(text('EXPIRED'), 'ascii') });
    expect(readSmppReceipt(payload)).toMatchObject({ outcome: 'failed' });
  });
});

describe('TLVs', () => {
  it.each([
    [1, 'on_the_way'],
    [2, 'delivered'],
    [3, 'failed'],
    [4, 'failed'],
    [5, 'failed'],
    [6, 'on_the_way'],
    [7, 'failed'],
    [8, 'failed'],
  ])('message_state %i is %s', (state, outcome) => {
    const pdu = deliver({ receipted_message_id: 'abc-1', message_state: state });
    expect(readSmppReceipt(pdu)).toMatchObject({ providerId: 'abc-1', outcome });
  });

  it('are believed before the text', () => {
    const pdu = deliver({ receipted_message_id: 'abc-1', message_state: 2, short_message: text('UNDELIV') });
    expect(readSmppReceipt(pdu)).toEqual({ providerId: 'abc-1', outcome: 'delivered' });
  });

  it('an unknown state leaves it to the text', () => {
    const pdu = deliver({ message_state: 77, short_message: text('DELIVRD') });
    expect(readSmppReceipt(pdu)).toMatchObject({ outcome: 'delivered' });
  });
});

it('is no receipt without the type in esm_class', () => {
  expect(readSmppReceipt(deliver({ esm_class: 0, short_message: text('DELIVRD') }))).toBe('not_a_receipt');
  expect(readSmppReceipt(deliver({ esm_class: 0x40, short_message: text('DELIVRD') }))).toBe('not_a_receipt');
  expect(readSmppReceipt(deliver({ esm_class: 0x20, short_message: text('ENROUTE') }))).toMatchObject({
    outcome: 'on_the_way',
  });
});

it('cannot be read without an id or a known state', () => {
  expect(readSmppReceipt(deliver({ short_message: 'hello' }))).toBe('unreadable');
  expect(readSmppReceipt(deliver({ short_message: text('CONFUSED') }))).toBe('unreadable');
  expect(readSmppReceipt(deliver({ message_state: 2 }))).toBe('unreadable');
});

it('never throws, whatever a PDU holds', () => {
  const pdu = fc.record({
    esm_class: fc.constantFrom<unknown>(4, 0x20, 0, undefined, null, 'x'),
    message_state: fc.anything(),
    receipted_message_id: fc.anything(),
    short_message: fc.oneof(
      fc.anything(),
      fc.string().map((message) => ({ message })),
    ),
    message_payload: fc.anything({ withNullPrototype: true }),
  });
  fc.assert(
    fc.property(pdu, (fields) => {
      const read = readSmppReceipt(fields as unknown as Pdu);
      if (typeof read !== 'string') expect(['delivered', 'failed', 'on_the_way']).toContain(read.outcome);
    }),
  );
});

describe('ids that are written otherwise in receipts', () => {
  it.each([
    // Accepted as, receipted as.
    ['7f3a', '32570'],
    ['7F3A', '32570'],
    ['32570', '7f3a'],
    ['32570', '0000032570'],
    ['abc-1', 'abc-1'],
  ])('%s may be receipted as %s', (accepted, receipted) => {
    expect(smppIdForms(receipted)).toContain(accepted);
  });

  it('the likeliest first; others stand for themselves alone', () => {
    expect(smppIdForms('0010')[0]).toBe('0010');
    expect(smppIdForms('x-10')).toEqual(['x-10']);
    expect(smppIdForms('0')).toEqual(['0']);
  });
});
