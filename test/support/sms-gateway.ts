/** A gateway for text messages as an operator may run one: checks our signatures, keeps what it takes, sends receipts. */
import { isSignedWebhook, readSecret, signWebhook } from '../../src/delivery/sms/webhook-signature.ts';
import { type Conduct, httpServer, type Seen } from './sms-http.ts';

const SECRET = 'the-secret-of-a-gateway';

export interface TextMessage {
  readonly id: string;
  readonly to: string;
  readonly text: string;
}

export interface SmsGateway extends AsyncDisposable {
  /** For `SMS_URL`. */
  readonly address: string;
  /** Every message that was handed over, whatever it was answered; by the order they came. */
  readonly handed: TextMessage[];
  /** Those of them that were accepted. */
  readonly taken: TextMessage[];
  /** How it answers from now on; by default it accepts. */
  answer: (message: TextMessage) => Conduct | 'accept' | Promise<Conduct | 'accept'>;
  /** Posts a signed receipt. @returns the status it is answered. `at`: Unix milliseconds, for a clock that is moved. */
  receipt(
    origin: string,
    at: number,
    given: object,
    over?: { secret?: string; carrier?: string },
  ): Promise<number>;
  /** The six digits of the newest message to a number. */
  code(to: string): string;
  close(): Promise<void>;
}

export async function smsGateway(now: () => number = Date.now): Promise<SmsGateway> {
  const secret = readSecret(SECRET) ?? new Uint8Array();
  const server = await httpServer(async (seen: Seen): Promise<Conduct> => {
    if (seen.method === 'HEAD') return { status: 405 };
    const headers = seen.headers as Record<string, string | undefined>;
    if (!isSignedWebhook(secret, headers, seen.body, now())) return { status: 401 };
    const message = JSON.parse(seen.body) as TextMessage;
    gateway.handed.push(message);
    const answer = await gateway.answer(message);
    if (answer !== 'accept') return answer;
    gateway.taken.push(message);
    return { status: 200, body: { id: `gw-${message.id}`, parts: 1 } };
  });
  const gateway: SmsGateway = {
    address: `http://:${SECRET}@127.0.0.1:${server.port}/sms`,
    handed: [],
    taken: [],
    answer: () => 'accept',
    async receipt(origin, at, given, over = {}) {
      const body = JSON.stringify({ type: 'sms.receipt', ...given });
      const key = readSecret(over.secret ?? SECRET) ?? new Uint8Array();
      const response = await fetch(`${origin}/receipts/sms/${over.carrier ?? 'http'}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...signWebhook(key, 'r1', body, at) },
        body,
      });
      await response.arrayBuffer();
      return response.status;
    },
    code(to) {
      const text = gateway.handed.findLast((message) => message.to === to)?.text ?? '';
      const code = /^\d{6}/.exec(text)?.[0];
      if (code === undefined) throw new Error(`no code was sent to ${to}`);
      return code;
    },
    close: () => server.close(),
    [Symbol.asyncDispose]: () => server.close(),
  };
  return gateway;
}
