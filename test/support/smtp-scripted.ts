/** An SMTP server that misbehaves to order: what a proper one never does, but machines on the way do. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** `silent` never answers, `hang_up` closes the connection, `trickle` answers a byte at a time, without an end. */
export type Scripted = 'silent' | 'hang_up' | 'trickle' | (string & {});

/** Answers by the command's first word; `greeting` and `body` (the dot after DATA) are commands too. */
export type Script = Readonly<Partial<Record<string, Scripted>>>;

const PROPER: Script = {
  greeting: '220 scripted ESMTP',
  EHLO: '250 scripted',
  MAIL: '250 2.1.0 ok',
  RCPT: '250 2.1.5 ok',
  DATA: '354 go on',
  body: '250 2.0.0 taken',
  RSET: '250 2.0.0 ok',
  QUIT: '221 2.0.0 bye',
};

export interface ScriptedSmtp {
  readonly url: string;
  /** Commands as they came, over all connections; bodies as `body`. */
  readonly heard: string[];
  /** How many are open. */
  connections(): number;
  /** The script from now on. */
  follow(script: Script): void;
  stop(): Promise<void>;
}

export async function startScriptedSmtp(first: Script): Promise<ScriptedSmtp> {
  let script = { ...PROPER, ...first };
  const heard: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    const answer = (command: string) => reply(socket, script[command] ?? '500 5.5.1 unknown command');
    let inBody = false;
    let rest = '';
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString('latin1')).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (inBody && line !== '.') continue;
        const command = inBody ? 'body' : (line.split(' ')[0] ?? '').toUpperCase();
        inBody = command === 'DATA' && script.DATA?.startsWith('354') === true;
        heard.push(command);
        answer(command);
      }
    });
    answer('greeting');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `smtp://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    heard,
    connections: () => sockets.size,
    follow(next) {
      script = { ...PROPER, ...next };
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function reply(socket: Socket, what: Scripted): void {
  switch (what) {
    case 'silent':
      return;
    case 'hang_up':
      socket.destroy();
      return;
    case 'trickle': {
      const timer = setInterval(() => socket.write('2'), 20);
      socket.on('close', () => clearInterval(timer));
      return;
    }
    default:
      socket.write(`${what}\r\n`);
  }
}
