/**
 * Any aggregator that speaks SMPP 3.4, over TCP or TLS, by the npm package `smpp`.
 * Source: SMPP Protocol Specification v3.4 issue 1.2 (smpp.org): 4.4 submit_sm, 5.1.3 command_status, 5.2.5/5.2.6 TON
 * and NPI, 5.2.17 registered_delivery, 5.2.19 data_coding, 7.1.1 time format.
 */
import type { Pdu } from 'smpp';
import type { SmppAddress } from './address.ts';
import {
  type Accepted,
  type CarrierParts,
  NotSent,
  type NotSentKind,
  type SmsCarrier,
  type SmsMessage,
  secondsLeft,
} from './carrier.ts';
import { encodeGsm7, sizeText } from './gsm7.ts';
import { senderKind } from './sender.ts';
import { keepSmppConnection, type SmppTimes } from './smpp-connection.ts';
import { readSmppReceipt } from './smpp-receipt.ts';
import { statusName } from './smpp-status.ts';

export interface SmppOptions extends Partial<SmppTimes> {
  /** Certificates to trust besides the usual ones, in PEM, for tests. Operators set NODE_EXTRA_CA_CERTS. */
  readonly ca?: string;
}

/**
 * Statuses of a submit_sm_resp. What is not here refuses this one message for a reason that we do not know; servers
 * have many of their own.
 */
const KIND_OF_STATUS: Readonly<Record<string, NotSentKind>> = {
  ESME_RINVDSTADR: 'number',
  ESME_RTHROTTLED: 'throttled',
  ESME_RMSGQFUL: 'throttled',
  ESME_RINVPASWD: 'credentials',
  ESME_RINVSYSID: 'credentials',
  ESME_RINVSYSTYP: 'credentials',
  ESME_RSERTYPUNAUTH: 'credentials',
  ESME_RSERTYPDENIED: 'credentials',
  ESME_RPROHIBITED: 'credentials',
  // The server, or this connection to it.
  ESME_RSYSERR: 'unavailable',
  ESME_RINVBNDSTS: 'unavailable',
  ESME_RSERTYPUNAVAIL: 'unavailable',
};

/**
 * A carrier over one bound transceiver, which connects at once and again whenever it is lost. Signals, errors and
 * times as `SmsCarrier` says; a text of more than one segment is a RangeError, for codes have one.
 */
export function openSmpp(address: SmppAddress, parts: CarrierParts, options: SmppOptions = {}): SmsCarrier {
  const connection = keepSmppConnection(address, options, (pdu) => {
    const receipt = readSmppReceipt(pdu);
    if (typeof receipt !== 'string') parts.onReceipt?.(address.name, receipt);
  });
  return {
    name: address.name,
    async send(message, signal) {
      const fields = submitFields(address, message, parts.now());
      return readAnswer(await connection.ask('submit_sm', fields, signal));
    },
    receipts: 'pushed',
    async probe(signal) {
      const answer = await connection.ask('enquire_link', {}, signal);
      if (answer.command_status !== 0) throw new NotSent('unavailable', statusName(answer.command_status));
      return 'known';
    },
    close: () => connection.close(),
  };
}

function submitFields(address: SmppAddress, message: SmsMessage, now: number): Record<string, unknown> {
  const { segments } = sizeText(message.text);
  if (segments > 1) {
    throw new RangeError(
      `SMPP sends texts of one segment; this one has ${segments}. Shorten the text: codes need one.`,
    );
  }
  const gsm7 = encodeGsm7(message.text);
  return {
    ...sourceFields(address.source),
    dest_addr_ton: TON.international,
    dest_addr_npi: NPI.e164,
    destination_addr: message.to.replace(/^\+/, ''),
    validity_period: relativeTime(secondsLeft(message, now, 1, 30 * 86_400)),
    // A receipt for the final outcome, good or bad.
    registered_delivery: 1,
    // 0 is the alphabet of the message centre, by custom GSM-7 with one septet per octet; 8 is UCS-2, big-endian.
    data_coding: gsm7 === null ? 8 : 0,
    short_message: gsm7 === null ? Buffer.from(message.text, 'utf16le').swap16() : Buffer.from(gsm7),
  };
}

const TON = { unknown: 0, international: 1, networkSpecific: 3, alphanumeric: 5 } as const;
const NPI = { unknown: 0, e164: 1 } as const;

function sourceFields(source: string): Record<string, unknown> {
  switch (senderKind(source)) {
    case 'number':
      return { source_addr_ton: TON.international, source_addr_npi: NPI.e164, source_addr: source.slice(1) };
    case 'short_code':
      return { source_addr_ton: TON.networkSpecific, source_addr_npi: NPI.unknown, source_addr: source };
    default:
      return { source_addr_ton: TON.alphanumeric, source_addr_npi: NPI.unknown, source_addr: source };
  }
}

/** `YYMMDDhhmmss000R`: from the server's now on, so that its clock and time zone do not matter. */
function relativeTime(seconds: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const [days, hours, minutes] = [seconds / 86_400, (seconds / 3_600) % 24, (seconds / 60) % 60];
  return `0000${two(days)}${two(hours)}${two(minutes)}${two(seconds % 60)}000R`;
}

function readAnswer(answer: Pdu): Accepted {
  if (answer.command_status !== 0) throw refusal(answer);
  if (answer.command !== 'submit_sm_resp') throw new NotSent('unknown', 'no_submit_sm_resp');
  // A server may accept without naming the message; its receipts cannot be matched then.
  const id = typeof answer.message_id === 'string' ? answer.message_id : '';
  return { providerId: id, parts: 1 };
}

/** A generic_nack is about the PDU, which was no submit to the server. */
function refusal(answer: Pdu): NotSent {
  const name = statusName(answer.command_status);
  const otherwise = answer.command === 'submit_sm_resp' ? 'refused' : 'unavailable';
  return new NotSent(KIND_OF_STATUS[name] ?? otherwise, name);
}
