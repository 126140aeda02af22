/** A real SMTP server beside the test: another process, over TCP, with TLS and a login. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { selfSigned } from './sms-certificate.ts';
import type { SmtpBehaviour, SmtpReceived, SmtpSetUp, ToParent } from './smtp-process.ts';

export type { SmtpReceived } from './smtp-process.ts';

export const SMTP_LOGIN = { user: 'relay@sallyport.example', password: 'a p@ss/w:rd' } as const;

export interface SmtpServer {
  readonly port: number;
  /** Its certificate (PEM), which signs itself. */
  readonly cert: string;
  /** Its address for `SMTP_URL`; trusts its certificate unless told not to. */
  url(given?: { password?: string; trust?: boolean }): string;
  readonly received: SmtpReceived[];
  /** @returns everything received, once there are `count`. */
  got(count: number): Promise<SmtpReceived[]>;
  /** From the next command on. */
  behave(behaviour: SmtpBehaviour): Promise<void>;
  /** Forgets what was received, and behaves again. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

const PROCESS = fileURLToPath(new URL('smtp-process.ts', import.meta.url));

export async function startSmtpServer(given: Partial<SmtpSetUp> = {}): Promise<SmtpServer> {
  const { key, cert } = selfSigned();
  const setUp: SmtpSetUp = {
    encryption: 'starttls',
    login: SMTP_LOGIN,
    smtpUtf8: true,
    key,
    cert,
    ...given,
  };
  const child = fork(PROCESS, { execArgv: [] });
  const received: SmtpReceived[] = [];
  const listening = Promise.withResolvers<number>();
  child.on('message', (message: ToParent) => {
    if ('listening' in message) listening.resolve(message.listening);
    else if ('received' in message) received.push(message.received);
  });
  child.once('exit', (code) => listening.reject(new Error(`the SMTP server ended with ${code}`)));
  child.send({ start: setUp });
  const port = await listening.promise;
  const behave = async (behaviour: SmtpBehaviour) => {
    const told = once(child, 'message');
    child.send({ behave: behaviour });
    await told;
  };
  return {
    port,
    cert,
    url({ password = setUp.login?.password ?? '', trust = true } = {}) {
      const login =
        setUp.login === null
          ? ''
          : `${encodeURIComponent(setUp.login.user)}:${encodeURIComponent(password)}@`;
      const scheme = setUp.encryption === 'implicit' ? 'smtps' : 'smtp';
      return `${scheme}://${login}127.0.0.1:${port}${trust ? `?tls.ca=${encodeURIComponent(cert)}` : ''}`;
    },
    received,
    async got(count) {
      await expect.poll(() => received.length, { timeout: 5_000, interval: 5 }).toBeGreaterThanOrEqual(count);
      return received;
    },
    behave,
    async reset() {
      received.length = 0;
      await behave({});
    },
    async stop() {
      if (child.exitCode !== null) return;
      child.kill();
      await once(child, 'exit');
    },
  };
}
