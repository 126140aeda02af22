import { afterEach, describe, expect, it } from 'vitest';
import type { AwsAddress } from '../../src/delivery/sms/address.ts';
import { openAws } from '../../src/delivery/sms/aws.ts';
import { awsError, awsServer, KEY, REGION, SECRET } from '../support/sms-aws.ts';
import type { FakeServer, Reply } from '../support/sms-http.ts';
import {
  expectSilentAbout,
  message,
  NOW,
  NUMBER,
  outcomeOf,
  parts,
  patient,
  TEXT,
} from '../support/sms-messages.ts';

const address: AwsAddress = {
  kind: 'aws',
  name: 'aws',
  accessKeyId: KEY,
  secretAccessKey: SECRET,
  region: REGION,
  sender: 'GATE',
  configurationSet: null,
};

const open: FakeServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function aws(reply?: () => Reply | 'never') {
  const server = await awsServer(reply);
  open.push(server);
  const carrier = (changes: Partial<AwsAddress> = {}) =>
    openAws({ ...address, ...changes }, parts, { baseUrl: server.url });
  return { server, carrier, input: () => JSON.parse(server.seen[0]?.body ?? '') as unknown };
}

describe('sending', () => {
  it('signs SendTextMessage so that the service agrees, and returns its id', async () => {
    const { server, carrier, input } = await aws();
    expect(await carrier().send(message(), patient())).toEqual({
      providerId: '5ee6b4cd-5ad9-4cc0-9d0c-1e6b5d5b5d5b',
      parts: 1,
    });
    expect(server.seen).toHaveLength(1);
    expect(server.seen[0]?.headers['x-amz-date']).toBe('20261124T120000Z');
    expect(input()).toEqual({
      DestinationPhoneNumber: NUMBER,
      OriginationIdentity: 'GATE',
      MessageBody: TEXT,
      MessageType: 'TRANSACTIONAL',
      TimeToLive: 300,
    });
  });

  it('names the configuration set, and keeps the time to live within its bounds', async () => {
    const { carrier, input } = await aws();
    await carrier({ configurationSet: 'login' }).send(message({ expiresAt: NOW }), patient());
    expect(input()).toMatchObject({ ConfigurationSetName: 'login', TimeToLive: 5 });
  });

  it('two parts of a text that is not GSM-7', async () => {
    const { carrier } = await aws();
    expect(await carrier().send(message({ text: 'ж'.repeat(71) }), patient())).toMatchObject({ parts: 2 });
  });

  it.each([
    [{ secretAccessKey: 'wrong' }, 'credentials InvalidSignatureException'],
    [{ accessKeyId: 'AKIDOTHER00000000000' }, 'credentials UnrecognizedClientException'],
  ])('wrong credentials: %o', async (changes, outcome) => {
    const { carrier } = await aws();
    expect(await outcomeOf(carrier(changes).send(message(), patient()))).toBe(outcome);
  });

  it('a number that fails the check of its field', async () => {
    const { carrier } = await aws();
    expect(await outcomeOf(carrier().send(message({ to: '+0' }), patient()))).toBe(
      'number ValidationException',
    );
  });

  it.each<[string, object, string]>([
    ['ConflictException', { Reason: 'DESTINATION_PHONE_NUMBER_OPTED_OUT' }, 'number'],
    [
      'ConflictException',
      { Reason: 'DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE' },
      'number',
    ],
    ['ConflictException', { Reason: 'DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION' }, 'country'],
    ['ConflictException', { Reason: 'DESTINATION_PHONE_NUMBER_NOT_VERIFIED' }, 'refused'],
    ['ConflictException', { Reason: 'NO_ORIGINATION_IDENTITIES_FOUND' }, 'refused'],
    ['ConflictException', { Reason: 'NUMBER_CAPABILITIES_MISMATCH' }, 'credentials'],
    ['ValidationException', { Reason: 'DESTINATION_COUNTRY_BLOCKED' }, 'country'],
    ['ValidationException', { Reason: 'COUNTRY_NOT_ENABLED' }, 'country'],
    ['ValidationException', { Reason: 'SENDER_ID_NOT_SUPPORTED' }, 'country'],
    ['ValidationException', { Reason: 'INVALID_REQUEST' }, 'refused'],
    ['ThrottlingException', {}, 'throttled'],
    ['ServiceQuotaExceededException', { Reason: 'MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT' }, 'throttled'],
    ['AccessDeniedException', { Reason: 'ACCOUNT_DISABLED' }, 'credentials'],
    ['ExpiredTokenException', {}, 'credentials'],
    ['ResourceNotFoundException', { ResourceType: 'sender-id' }, 'credentials'],
  ])('%s %o: %s', async (name, fields, kind) => {
    const { carrier } = await aws(() => awsError(name, fields));
    const error = await carrier()
      .send(message(), patient())
      .catch((thrown: unknown) => thrown);
    const reason = 'Reason' in fields ? fields.Reason : name;
    expect(error).toMatchObject({ kind, detail: reason });
    expectSilentAbout(error, [SECRET]);
  });

  it('InternalServerException, and an error named by the header alone', async () => {
    const internal = await aws(() => awsError('InternalServerException', { RequestId: 'x' }, 500));
    expect(await outcomeOf(internal.carrier().send(message(), patient()))).toBe(
      'unavailable InternalServerException',
    );
    const headers = { 'x-amzn-errortype': 'ThrottlingException:http://internal.amazon.com/coral/' };
    const named = await aws(() => ({ status: 400, headers }));
    expect(await outcomeOf(named.carrier().send(message(), patient()))).toBe('throttled ThrottlingException');
  });
});

it('probes by DescribeAccountAttributes', async () => {
  const { server, carrier } = await aws();
  await carrier().probe?.(patient());
  expect(server.seen[0]?.headers['x-amz-target']).toBe('PinpointSMSVoiceV2.DescribeAccountAttributes');
  const wrong = carrier({ secretAccessKey: 'wrong' }).probe?.(patient()) ?? Promise.reject();
  expect(await outcomeOf(wrong)).toBe('credentials InvalidSignatureException');
});

it('has no receipts of its own', () => {
  expect(openAws(address, parts).receipts).toBe('none');
});
