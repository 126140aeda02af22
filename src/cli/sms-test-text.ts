import type { Asked, TextTest, Tried } from '../flows/try-carriers.ts';
import type { Said } from './command.ts';

const NOTHING_SENT: Readonly<
  Record<Exclude<TextTest['result'], 'sent' | 'not_sent'>, (number: string) => string>
> = {
  no_carriers: () =>
    'SMS_URL is not set here, so there is no carrier to test. Run this with the settings of the server.',
  bad_number: (number) =>
    `"${number}" is no phone number. Write it with its country, such as +41791234567. Nothing was sent.`,
  not_served: () =>
    'SMS_COUNTRIES does not name the country of that number, so no text message goes there. Nothing was sent.',
  line: () => 'That number is no mobile line: no text message is sent there. Nothing was sent.',
  record_only: () =>
    'Nothing was sent: SMS_MODE is record-only. Carriers were only asked whether they know us.',
};

/** `sms test` in words: what each carrier said, and what came of it. */
export function sayTest(test: TextTest, number: string): Said {
  const lines = (test.carriers ?? []).flatMap(({ name, reached, message }) => [
    `${name}: ${REACHED[reached.result]}${detail(reached)}`,
    ...(message.result === 'not_tried'
      ? []
      : [`${name}: ${MESSAGE[message.result]}${detail(message, reached)}`]),
  ]);
  const verdict = verdictOf(test, number);
  // Nothing was to be sent by that setting: then it is well if no carrier refused us.
  const ok = test.result === 'sent' || (test.result === 'record_only' && allKnow(test));
  return { ok, text: [...lines, verdict].join('\n'), data: test };
}

const allKnow = ({ carriers = [] }: TextTest) =>
  carriers.every(({ reached }) => ['known', 'reached', 'not_tried'].includes(reached.result));

function verdictOf(test: TextTest, number: string): string {
  if (test.result === 'sent') return 'The test message is on its way. Whether it arrives shows on the phone.';
  if (test.result === 'not_sent') return 'The test message did not go.';
  return NOTHING_SENT[test.result](number);
}

/** What was explained a line before is not explained again. */
const detail = (said: Asked | Tried, before?: Asked) => {
  if (!('detail' in said)) return '';
  const again = before !== undefined && 'detail' in before && before.detail === said.detail;
  const hint = !again && Object.hasOwn(HINTS, said.detail) ? HINTS[said.detail] : undefined;
  return hint === undefined ? ` (${said.detail})` : ` (${said.detail}: ${hint})`;
};

const WRONG_PORT = 'the port may be wrong, or meant with TLS or without it (smpps and smpp, https and http)';
const UNVOUCHED =
  'nobody vouches for its certificate; NODE_EXTRA_CA_CERTS can name a file of whom to believe';

/** Codes of the network's and of ours whose cause is not plain. */
const HINTS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'no name server answers here',
  ECONNREFUSED: 'nothing listens on that port',
  connect_timeout: 'nothing answers there',
  bind_timeout: WRONG_PORT,
  protocol_error: WRONG_PORT,
  EPROTO: WRONG_PORT,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNVOUCHED,
  SELF_SIGNED_CERT_IN_CHAIN: UNVOUCHED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNVOUCHED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNVOUCHED,
  HTTP_404: 'nothing is at that path. Look at the address in SMS_URL',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  ESME_RALYBND: 'the carrier allows no further connection; the running server has one already',
};

const REACHED: Readonly<Record<Asked['result'], string>> = {
  known: 'can be reached, and knows us',
  reached: 'can be reached',
  not_tried: 'cannot be asked without sending',
  credentials: 'refuses user name or password, or the account may not send. Look at them in SMS_URL',
  unavailable: 'cannot be reached. Look at the address in SMS_URL, and at firewalls in between',
  throttled: 'says that it is asked too often, or that a quota is used up',
  refused: 'answers something else than it should. Look at the address in SMS_URL',
  number: 'refuses the number',
  country: 'may not send to that country',
  unknown: 'did not answer as it should, or not in time. Look at the address in SMS_URL',
};

const MESSAGE: Readonly<Record<Tried['result'], string>> = {
  ok: 'took the test message',
  not_tried: '',
  credentials:
    'refused the message: user name or password is wrong, or the account or its sender may not send. Look at them in SMS_URL',
  unavailable: 'did not take the message',
  refused:
    'refused the message for a reason that only its code says. Look the code up at the carrier, and at the address in SMS_URL',
  throttled: 'took no message: it is asked too often, or a quota is used up. Look at the carrier’s own page',
  number: 'cannot send to that number. Try another',
  country: 'may not send to that country. Allow it at the carrier, or take it out of SMS_COUNTRIES',
  unknown: 'got the message and did not say in time whether it takes it; it may arrive',
};
