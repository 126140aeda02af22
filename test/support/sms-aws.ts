/**
 * AWS's side: SendTextMessage and DescribeAccountAttributes after the service's model (pinpoint-sms-voice-v2,
 * 2022-03-31, AWS JSON 1.0), and Signature Version 4 computed anew from its documentation
 * (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html), not by the library in use.
 */
import { createHash, createHmac } from 'node:crypto';
import type { FakeServer, Reply, Seen } from './sms-http.ts';
import { httpServer } from './sms-http.ts';

export const KEY = 'AKIDEXAMPLE012345678';
export const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
export const REGION = 'eu-west-1';

export function awsServer(reply?: () => Reply | 'never'): Promise<FakeServer> {
  return httpServer((seen) => {
    const wrong = checkSignature(seen) ?? checkInput(seen);
    if (wrong !== null) return wrong;
    if (reply) return reply();
    const describe = seen.headers['x-amz-target'] === 'PinpointSMSVoiceV2.DescribeAccountAttributes';
    const body = describe
      ? { AccountAttributes: [{ Name: 'ACCOUNT_TIER', Value: 'PRODUCTION' }] }
      : { MessageId: '5ee6b4cd-5ad9-4cc0-9d0c-1e6b5d5b5d5b' };
    return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.0' }, body };
  });
}

/** As the service writes an error: the namespace before the name, the number in the words. */
export function awsError(name: string, fields: object = {}, status = 400): Reply {
  const type = `com.amazonaws.pinpointsmsvoicev2#${name}`;
  return { status, body: { __type: type, Message: 'about +447700900123', ...fields } };
}

function checkSignature({ method, path, headers, body }: Seen): Reply | null {
  const shape =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/sms-voice\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/;
  const parts = shape.exec(String(headers.authorization));
  if (parts === null) return awsError('MissingAuthenticationTokenException');
  const [, key, day = '', region = '', signed = '', signature] = parts;
  if (key !== KEY || region !== REGION) return awsError('UnrecognizedClientException');
  const names = signed.split(';');
  if (!names.includes('host') || !names.includes('x-amz-date') || !names.includes('x-amz-target')) {
    return awsError('IncompleteSignatureException');
  }
  const lines = names.map((name) => `${name}:${String(headers[name]).trim()}\n`).join('');
  const canonical = [method, path, '', lines, signed, sha256(body)].join('\n');
  const date = String(headers['x-amz-date']);
  const toSign = [
    'AWS4-HMAC-SHA256',
    date,
    `${day}/${region}/sms-voice/aws4_request`,
    sha256(canonical),
  ].join('\n');
  const keys = [day, region, 'sms-voice', 'aws4_request'];
  const signingKey = keys.reduce<Buffer>((k, part) => hmac(k, part), Buffer.from(`AWS4${SECRET}`));
  return hmac(signingKey, toSign).toString('hex') === signature && date.startsWith(day)
    ? null
    : awsError('InvalidSignatureException');
}

function checkInput({ method, path, headers, body }: Seen): Reply | null {
  if (method !== 'POST' || path !== '/') return awsError('UnknownOperationException', {}, 404);
  if (headers['content-type'] !== 'application/x-amz-json-1.0') return awsError('SerializationException');
  const target = headers['x-amz-target'];
  if (target === 'PinpointSMSVoiceV2.DescribeAccountAttributes') return null;
  if (target !== 'PinpointSMSVoiceV2.SendTextMessage') return awsError('UnknownOperationException');
  const input = JSON.parse(body) as Record<string, unknown>;
  const rules: Record<string, (value: unknown) => boolean> = {
    DestinationPhoneNumber: (value) => /^\+?[1-9][0-9]{1,18}$/.test(String(value)),
    OriginationIdentity: (value) => /^[A-Za-z0-9_:/+-]{1,256}$/.test(String(value)),
    MessageBody: (value) => typeof value === 'string' && value.length >= 1 && value.length <= 1600,
    MessageType: (value) => value === 'TRANSACTIONAL' || value === 'PROMOTIONAL',
    TimeToLive: (value) => Number.isInteger(value) && Number(value) >= 5 && Number(value) <= 259_200,
    ConfigurationSetName: (value) => /^[A-Za-z0-9_:/-]{1,256}$/.test(String(value)),
  };
  const wrong = Object.entries(input).find(([name, value]) => !rules[name]?.(value));
  if (wrong === undefined && 'DestinationPhoneNumber' in input) return null;
  const Fields = [{ Name: wrong?.[0] ?? 'DestinationPhoneNumber', Message: 'failed' }];
  return awsError('ValidationException', { Reason: 'FIELD_VALIDATION_FAILED', Fields });
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text, 'utf8').digest();
}
