/**
 * AWS End User Messaging SMS (the API named Pinpoint SMS and Voice, version 2), SendTextMessage, by its documented
 * JSON over HTTP with Signature Version 4.
 * Sources: docs.aws.amazon.com/pinpoint/latest/apireference_smsvoicev2/API_SendTextMessage.html; the service model
 * as shipped in @aws-sdk/client-pinpoint-sms-voice-v2 3.1138.0 (protocol AWS JSON 1.0, target PinpointSMSVoiceV2,
 * signing name and host sms-voice, the reasons of its exceptions); the errors common to all actions.
 *
 * Receipts come as events through a configuration set (SNS, EventBridge, Firehose), not by a callback to us: none.
 */
import { AwsV4Signer } from 'aws4fetch';
import type { AwsAddress } from './address.ts';
import {
  type Accepted,
  type CarrierParts,
  isCode,
  NotSent,
  type NotSentKind,
  type SmsCarrier,
  type SmsMessage,
  secondsLeft,
} from './carrier.ts';
import { type HttpProtocol, overHttp, partsOf, refusalByCode } from './http-carrier.ts';
import {
  type Answer,
  type Exchange,
  type HttpOptions,
  isProviderId,
  readObject,
  refusalOf,
} from './http-exchange.ts';

const KIND_OF_ERROR: Readonly<Record<string, NotSentKind>> = {
  ThrottlingException: 'throttled',
  TooManyRequestsException: 'throttled',
  ServiceQuotaExceededException: 'throttled',
  AccessDeniedException: 'credentials',
  ExpiredTokenException: 'credentials',
  IncompleteSignature: 'credentials',
  IncompleteSignatureException: 'credentials',
  InvalidClientTokenId: 'credentials',
  InvalidSignatureException: 'credentials',
  MissingAuthenticationToken: 'credentials',
  MissingAuthenticationTokenException: 'credentials',
  NotAuthorized: 'credentials',
  OptInRequired: 'credentials',
  RequestExpired: 'credentials',
  // The sender or the configuration set: there is none of that name in this region.
  ResourceNotFoundException: 'credentials',
  SignatureDoesNotMatch: 'credentials',
  UnrecognizedClientException: 'credentials',
};

/**
 * `Reason` of a ConflictException or ValidationException. A sender that cannot send any such message is `credentials`:
 * it may count, and the operator hears of it so.
 */
const KIND_OF_REASON: Readonly<Record<string, NotSentKind>> = {
  DESTINATION_PHONE_NUMBER_OPTED_OUT: 'number',
  DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE: 'number',
  DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION: 'country',
  DESTINATION_COUNTRY_BLOCKED: 'country',
  COUNTRY_NOT_ENABLED: 'country',
  COUNTRY_CODE_MISMATCH: 'country',
  INTERNATIONAL_SENDING_NOT_SUPPORTED: 'country',
  INVALID_IDENTITY_FOR_DESTINATION_COUNTRY: 'country',
  SENDER_ID_NOT_SUPPORTED: 'country',
  SENDER_ID_NOT_REGISTERED: 'country',
  SENDER_ID_REQUIRES_REGISTRATION: 'country',
  MESSAGE_TYPE_MISMATCH: 'credentials',
  NUMBER_CAPABILITIES_MISMATCH: 'credentials',
  RESOURCE_NOT_ACCESSIBLE: 'credentials',
  RESOURCE_NOT_ACTIVE: 'credentials',
};

/**
 * A carrier that sends by AWS. Signals, errors and times as `SmsCarrier` says. The API takes no idempotency key:
 * that no message goes twice is up to the caller. Only the signer of aws4fetch is used: its own `fetch` repeats a
 * request up to ten times.
 */
export function openAws(address: AwsAddress, parts: CarrierParts, options: HttpOptions = {}): SmsCarrier {
  const domain = address.region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const url = `${options.baseUrl ?? `https://sms-voice.${address.region}.${domain}`}/`;
  const ask = async (action: string, input: object): Promise<Exchange> => {
    const body = JSON.stringify(input);
    return {
      method: 'POST',
      url,
      headers: await signedHeaders(address, url, action, body, parts.now()),
      body,
    };
  };
  const protocol: HttpProtocol = {
    name: address.name,
    receipts: 'none',
    submit: (message) => ask('SendTextMessage', messageInput(address, message, parts.now())),
    readAnswer,
    ask: () => ask('DescribeAccountAttributes', {}),
    checkAnswer(answer) {
      if (answer.status !== 200) throw refusal(answer);
      if (!Array.isArray(readObject(answer.body)?.AccountAttributes))
        throw new NotSent('unknown', 'unreadable');
      return 'known';
    },
  };
  return overHttp(protocol, options.connectMs);
}

async function signedHeaders(
  address: AwsAddress,
  url: string,
  action: string,
  body: string,
  now: number,
): Promise<Record<string, string>> {
  const { accessKeyId, secretAccessKey, region } = address;
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': `PinpointSMSVoiceV2.${action}`,
  };
  const datetime = new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, '');
  const request = { method: 'POST', url, headers, body, datetime };
  const signer = new AwsV4Signer({ ...request, accessKeyId, secretAccessKey, region, service: 'sms-voice' });
  return Object.fromEntries((await signer.sign()).headers);
}

function messageInput(address: AwsAddress, message: SmsMessage, now: number): object {
  return {
    DestinationPhoneNumber: message.to,
    OriginationIdentity: address.sender,
    MessageBody: message.text,
    MessageType: 'TRANSACTIONAL',
    // Seconds: 5 to 259200.
    TimeToLive: secondsLeft(message, now, 5, 259_200),
    ...(address.configurationSet !== null && { ConfigurationSetName: address.configurationSet }),
  };
}

function readAnswer(answer: Answer, message: SmsMessage): Accepted {
  if (answer.status !== 200) throw refusal(answer);
  const id = readObject(answer.body)?.MessageId;
  if (!isProviderId(id)) throw new NotSent('unknown', 'no_message_id');
  return { providerId: id, parts: partsOf(null, message) };
}

/** AWS JSON names the error in `__type` (`namespace#Name`) or a header; 400 says nothing. */
function refusal(answer: Answer): NotSent {
  const body = readObject(answer.body);
  const header = answer.headers['x-amzn-errortype'];
  const type = [body?.__type, header].find((value) => typeof value === 'string') as string | undefined;
  const error = type?.replace(/^.*#/, '').replace(/:.*$/, '');
  if (answer.status < 400 || !isCode(error)) return refusalOf(answer.status);
  const reason = body?.Reason;
  if (isCode(reason) && Object.hasOwn(KIND_OF_REASON, reason)) {
    return refusalByCode(KIND_OF_REASON, reason, answer.status);
  }
  if (error === 'ValidationException' && namesTheNumber(body?.Fields)) return new NotSent('number', error);
  const { kind } = refusalByCode(KIND_OF_ERROR, error, answer.status);
  return new NotSent(kind, isCode(reason) ? reason : error);
}

/** `Fields` of a ValidationException: `{ Name, Message }`. Only the names are read: a message may repeat the number. */
function namesTheNumber(fields: unknown): boolean {
  return (
    Array.isArray(fields) &&
    fields.some((field: unknown) => (field as { Name?: unknown } | null)?.Name === 'DestinationPhoneNumber')
  );
}
