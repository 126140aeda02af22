import type { CarrierAddress } from './address.ts';

/**
 * Does this carrier say what became of a message? `told`: carriers are told where to send receipts, which they take by
 * https alone. An own gateway posts by itself, also to a machine that nobody else can reach.
 */
export function tellsDelivery(address: CarrierAddress, told: boolean): boolean {
  switch (address.kind) {
    case 'twilio':
      return told;
    case 'vonage':
      return told && address.signatureSecret !== null;
    case 'http':
      return address.receipts;
    case 'smpp':
      return true;
    case 'aws':
      return false;
    default:
      return address satisfies never;
  }
}
