/**
 * Delivery receipts that come over SMPP as deliver_sm (or data_sm).
 * Source: SMPP v3.4 issue 1.2: 5.2.12 esm_class, 5.2.28 message_state, 5.3.2.12 receipted_message_id, 5.3.2.35
 * message_state, and appendix B for the text, which is custom rather than rule.
 */
import type { Pdu } from 'smpp';
import { isCode, type Outcome, type Receipt, type ReceiptRefusal } from './carrier.ts';

/** Bits 2 to 5 of esm_class: a receipt of the message centre, or a notification on the way there. */
const TYPE_BITS = 0x3c;
const FINAL = 0x04;
const INTERMEDIATE = 0x20;

const OUTCOME_OF_STAT: Readonly<Record<string, Outcome>> = {
  ENROUTE: 'on_the_way',
  ACCEPTD: 'on_the_way',
  DELIVRD: 'delivered',
  EXPIRED: 'failed',
  DELETED: 'failed',
  UNDELIV: 'failed',
  REJECTD: 'failed',
  // In no valid state: the network will say nothing more.
  UNKNOWN: 'failed',
};

/** By message_state, 1 to 8; 0 is scheduled. */
const STATS = [
  'ENROUTE',
  'ENROUTE',
  'DELIVRD',
  'EXPIRED',
  'DELETED',
  'UNDELIV',
  'ACCEPTD',
  'UNKNOWN',
  'REJECTD',
];

/**
 * Reads a PDU as a receipt. The TLVs are believed before the text: the text is cut and dressed differently by each
 * server. The connection is what was authenticated, so nothing is signed.
 */
export function readSmppReceipt(pdu: Pdu): Receipt | ReceiptRefusal {
  const type = Number(pdu.esm_class) & TYPE_BITS;
  if (type !== FINAL && type !== INTERMEDIATE) return 'not_a_receipt';
  const text = textOf(pdu);
  const stat =
    STATS[Number(pdu.message_state ?? -1)] ?? /\bstat:\s*([A-Z]{5,8})\b/i.exec(text)?.[1]?.toUpperCase();
  const outcome =
    stat !== undefined && Object.hasOwn(OUTCOME_OF_STAT, stat) ? OUTCOME_OF_STAT[stat] : undefined;
  const id = named(pdu.receipted_message_id) ?? named(/\bid:\s*(\S+)/i.exec(text)?.[1]);
  if (outcome === undefined || id === undefined) return 'unreadable';
  const code = /\berr:\s*([0-9A-Za-z]{1,5})\b/i.exec(text)?.[1];
  const error = code !== undefined && !/^0+$/.test(code) && isCode(code) ? code : stat;
  return { providerId: id, outcome, ...(outcome === 'failed' && error !== undefined && { error }) };
}

/** What `smpp` made of the bytes: a Buffer, a text, or `{ message }` of either. */
function textOf(pdu: Pdu): string {
  const field = isEmpty(pdu.short_message) ? pdu.message_payload : pdu.short_message;
  const message = (field as { message?: unknown } | null | undefined)?.message ?? field;
  if (typeof message === 'string') return message;
  return Buffer.isBuffer(message) ? message.toString('latin1') : '';
}

function isEmpty(field: unknown): boolean {
  const message = (field as { message?: unknown } | null | undefined)?.message ?? field;
  return !((typeof message === 'string' || Buffer.isBuffer(message)) && message.length > 0);
}

function named(id: unknown): string | undefined {
  return typeof id === 'string' && /^[\x21-\x7e]{1,65}$/.test(id) ? id : undefined;
}

/**
 * The ids under which a receipted message may have been accepted, the likeliest first: some servers accept in
 * hexadecimal and write the receipt in decimal, or the other way round, or fill up with zeros. Sequential numbers can
 * be mistaken for each other so; look for the first one, and for the next only if there is none of it.
 */
export function smppIdForms(receipted: string): string[] {
  const forms = [receipted, receipted.replace(/^0+(?=.)/, '')];
  if (/^\d{1,30}$/.test(receipted)) {
    const hex = BigInt(receipted).toString(16);
    forms.push(hex, hex.toUpperCase());
  }
  if (/^[0-9a-f]{1,30}$/i.test(receipted)) forms.push(BigInt(`0x${receipted}`).toString());
  return [...new Set(forms)];
}
