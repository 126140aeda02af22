import { describe, expect, it } from 'vitest';
import { judgeReceipts, type ReceiptsInCountry } from './text-receipts.ts';

const line = (carrier: string, country: string, sent: number, delivered: number): ReceiptsInCountry => ({
  carrier,
  country,
  sent,
  delivered,
});
const judge = (lines: ReceiptsInCountry[], told: string[]) => judgeReceipts(lines, new Set(told));

describe('receipts of carriers', () => {
  it('below half in a country, over 20 messages', () => {
    const lines = [line('twilio', 'US', 20, 9), line('twilio', 'DE', 20, 10), line('twilio', 'FR', 19, 0)];
    expect(judge(lines, ['twilio'])).toEqual([
      { what: 'receipts', carrier: 'twilio', country: 'US', sent: 20, delivered: 9 },
    ]);
  });

  it('that never came are told of by themselves, once for all countries, and no rate is', () => {
    const lines = [line('twilio', 'US', 12, 0), line('smpp', 'US', 20, 20), line('twilio', 'DE', 8, 0)];
    expect(judge(lines, ['smpp'])).toEqual([{ what: 'no_receipts', carrier: 'twilio', sent: 20 }]);
    expect(judge([line('twilio', 'US', 20, 0)], [])).toEqual([
      { what: 'no_receipts', carrier: 'twilio', sent: 20 },
    ]);
  });

  it('that never came of a few messages say nothing yet', () => {
    expect(judge([line('twilio', 'US', 12, 0), line('twilio', 'DE', 7, 0)], [])).toEqual([]);
  });
});
