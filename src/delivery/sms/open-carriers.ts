import type { CarrierAddress } from './address.ts';
import type { CarrierParts, SmsCarrier } from './carrier.ts';

/**
 * Opens the carriers of these addresses, in their order. Only the files of carriers that are named are loaded, and
 * with them their libraries. Sends nothing; an SMPP carrier begins to connect by itself.
 */
export async function openCarriers(
  addresses: readonly CarrierAddress[],
  parts: CarrierParts,
): Promise<SmsCarrier[]> {
  return Promise.all(addresses.map((address) => openCarrier(address, parts)));
}

async function openCarrier(address: CarrierAddress, parts: CarrierParts): Promise<SmsCarrier> {
  switch (address.kind) {
    case 'twilio':
      return (await import('./twilio.ts')).openTwilio(address, parts);
    case 'aws':
      return (await import('./aws.ts')).openAws(address, parts);
    case 'vonage':
      return (await import('./vonage.ts')).openVonage(address, parts);
    case 'smpp':
      return (await import('./smpp.ts')).openSmpp(address, parts);
    case 'http':
      return (await import('./http-gateway.ts')).openHttp(address, parts);
    default:
      return address satisfies never;
  }
}
