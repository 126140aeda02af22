/**
 * An SMTP server in a process of its own, started by `smtp-server.ts`. It tells its parent what it took, and
 * answers as its parent tells it to.
 */
import { SMTPServer } from 'smtp-server';

/** How the server is set up. */
export interface SmtpSetUp {
  /** `starttls`: offered and, where there is a login, demanded before it. `implicit`: TLS from the first byte. */
  readonly encryption: 'starttls' | 'implicit' | 'none';
  readonly login: { readonly user: string; readonly password: string } | null;
  readonly smtpUtf8: boolean;
  readonly key: string;
  readonly cert: string;
}

/** What it answers from now on; each is a whole reply such as `550 5.1.1 no such user`. */
export interface SmtpBehaviour {
  readonly sender?: string;
  readonly recipient?: string;
  readonly message?: string;
  /** Milliseconds before it takes a message. */
  readonly delayMs?: number;
}

export interface SmtpReceived {
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: string;
  readonly encrypted: boolean;
  readonly user: string | null;
  readonly smtpUtf8: boolean;
  /** The same for messages that came over one connection. */
  readonly connection: string;
}

export type ToParent =
  | { readonly listening: number }
  | { readonly behaving: true }
  | { readonly received: SmtpReceived };

let behaviour: SmtpBehaviour = {};
const tell = (message: ToParent) => process.send?.(message);

/** The server puts the number in front itself. */
function refusal(reply: string): Error {
  return Object.assign(new Error(reply.slice(4)), { responseCode: Number(reply.slice(0, 3)) });
}

function start(setUp: SmtpSetUp): void {
  const { login } = setUp;
  const server = new SMTPServer({
    secure: setUp.encryption === 'implicit',
    key: setUp.key,
    cert: setUp.cert,
    hideSMTPUTF8: !setUp.smtpUtf8,
    disabledCommands: setUp.encryption === 'starttls' ? [] : ['STARTTLS'],
    authOptional: login === null,
    allowInsecureAuth: setUp.encryption === 'none',
    logger: false,
    onAuth: ({ username, password }, _session, done) =>
      username === login?.user && password === login?.password
        ? done(null, { user: username })
        : done(refusal('535 5.7.8 Authentication credentials invalid')),
    onMailFrom: (_address, _session, done) =>
      behaviour.sender === undefined ? done() : done(refusal(behaviour.sender)),
    onRcptTo: (_address, _session, done) =>
      behaviour.recipient === undefined ? done() : done(refusal(behaviour.recipient)),
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (behaviour.message !== undefined) return done(refusal(behaviour.message));
        const { mailFrom, rcptTo } = session.envelope;
        tell({
          received: {
            from: mailFrom === false ? '' : mailFrom.address,
            to: rcptTo.map((r) => r.address),
            raw: Buffer.concat(chunks).toString('utf8'),
            encrypted: session.secure,
            user: typeof session.user === 'string' ? session.user : null,
            smtpUtf8: mailFrom !== false && typeof mailFrom.args === 'object' && 'SMTPUTF8' in mailFrom.args,
            connection: session.id,
          },
        });
        setTimeout(done, behaviour.delayMs ?? 0);
      });
    },
  });
  server.on('error', () => {});
  server.listen(0, '127.0.0.1', () => {
    const address = server.server.address();
    tell({ listening: typeof address === 'object' ? (address?.port ?? 0) : 0 });
  });
}

process.on('message', (message: { start: SmtpSetUp } | { behave: SmtpBehaviour }) => {
  if ('start' in message) start(message.start);
  else {
    behaviour = message.behave;
    tell({ behaving: true });
  }
});
// Its parent is gone.
process.on('disconnect', () => process.exit(0));
