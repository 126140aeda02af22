/**
 * SMPP servers over TCP and TLS: one that keeps to SMPP 3.4 (npm `smpp`, its server side), told how to answer, and
 * one that writes whatever bytes it is given.
 */
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import smpp, { type Pdu, type Session } from 'smpp';
import type { SmppAddress } from '../../src/delivery/sms/address.ts';
import type { SelfSigned } from './sms-certificate.ts';
import { listen } from './sms-http.ts';

export const SYSTEM_ID = 'sallyport';
export const PASSWORD = 's3cr3t-pw';

/** A status by name; `hang`: no answer; `drop`: the connection is broken instead of an answer. */
export type SmppReply = string | 'hang' | 'drop';

export interface SmppServer {
  readonly address: SmppAddress;
  readonly submitted: Pdu[];
  readonly binds: Pdu[];
  /** Answers to enquire_link; false: none. */
  awake: boolean;
  /** What the server says of each submit_sm; accepts by default. */
  reply: (pdu: Pdu) => SmppReply;
  bindReply: SmppReply;
  /** The name a message is accepted under; a number of its own for each by default. */
  messageId: string | null;
  enquired: number;
  acknowledged: Pdu[];
  /** Sends a PDU of its own to everyone that is bound. */
  push(command: string, fields: Record<string, unknown>): void;
  write(bytes: Uint8Array): void;
  dropAll(): void;
  close(): Promise<void>;
}

export async function smppServer(certificate?: SelfSigned): Promise<SmppServer> {
  const sessions = new Set<Session>();
  const server = smpp.createServer({ ...certificate }, (session) => {
    sessions.add(session);
    session.on('error', () => {});
    session.on('close', () => sessions.delete(session));
    session.on('pdu', (pdu: Pdu) => answer(fake, session, pdu));
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const fake: SmppServer = {
    address: addressOf(port, certificate !== undefined),
    submitted: [],
    binds: [],
    awake: true,
    reply: () => 'ESME_ROK',
    bindReply: 'ESME_ROK',
    messageId: null,
    enquired: 0,
    acknowledged: [],
    push(command, fields) {
      for (const session of sessions)
        session.send(new smpp.PDU(command, fields), (pdu) => fake.acknowledged.push(pdu));
    },
    write(bytes) {
      for (const session of sessions) session.socket.write(bytes);
    },
    dropAll() {
      for (const session of sessions) session.destroy();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        fake.dropAll();
      }),
  };
  return fake;
}

export function addressOf(port: number, tls = false): SmppAddress {
  return {
    kind: 'smpp',
    name: 'smpp',
    host: '127.0.0.1',
    port,
    tls,
    systemId: SYSTEM_ID,
    password: PASSWORD,
    systemType: '',
    source: 'GATE',
  };
}

function answer(fake: SmppServer, session: Session, pdu: Pdu): void {
  if (pdu.isResponse()) return;
  const say = (reply: SmppReply, fields: Record<string, unknown> = {}): void => {
    if (reply === 'drop') session.destroy();
    else if (reply !== 'hang') session.send(pdu.response({ command_status: statusOf(reply), ...fields }));
  };
  switch (pdu.command) {
    case 'bind_transceiver': {
      fake.binds.push(pdu);
      const known = pdu.system_id === SYSTEM_ID && pdu.password === PASSWORD;
      say(known ? fake.bindReply : 'ESME_RINVPASWD', { system_id: 'SMSC' });
      return;
    }
    case 'submit_sm':
      fake.submitted.push(pdu);
      say(fake.reply(pdu), { message_id: fake.messageId ?? `id-${fake.submitted.length}` });
      return;
    case 'enquire_link':
      fake.enquired += 1;
      if (fake.awake) say('ESME_ROK');
      return;
    default:
      say('ESME_ROK');
  }
}

/** A name of SMPP's, or `0x…` for statuses that have none. */
function statusOf(reply: string): number {
  return smpp.errors[reply] ?? Number(reply);
}

/** Takes connections and writes these bytes to each after it was spoken to. */
export function rawSmppServer(bytes: () => Uint8Array): Promise<TcpSmppServer> {
  return tcpServer((socket) => {
    socket.once('data', () => socket.write(bytes()));
  });
}

/**
 * Says that all is well to everything, and keeps each submit_sm as the octets it was. Knows SMPP from the
 * specification alone. A submit_sm is answered by the command `submitResponse`.
 */
export async function octetSmppServer(
  submitResponse = 0x80000004,
): Promise<TcpSmppServer & { readonly submitted: Buffer[] }> {
  const submitted: Buffer[] = [];
  const server = await tcpServer((socket) => {
    let pending = Buffer.alloc(0);
    socket.on('data', (data: Buffer) => {
      pending = Buffer.concat([pending, data]);
      while (pending.length >= 16 && pending.length >= pending.readUInt32BE(0)) {
        const pdu = pending.subarray(0, pending.readUInt32BE(0));
        pending = pending.subarray(pdu.length);
        const command = pdu.readUInt32BE(4);
        if (command === 4) submitted.push(pdu);
        const response = command === 4 ? submitResponse : command + 0x80000000;
        // The name of the message centre, or of the message; both are C strings.
        const name = Buffer.from('octet\0');
        socket.write(Buffer.concat([smppHeader(16 + name.length, response, 0, pdu.readUInt32BE(12)), name]));
      }
    });
  });
  return { ...server, submitted };
}

/** command_length, command_id, command_status, sequence_number. */
export function smppHeader(...words: [number, number, number, number]): Buffer {
  const header = Buffer.alloc(16);
  words.forEach((word, at) => {
    header.writeUInt32BE(word, at * 4);
  });
  return header;
}

export interface TcpSmppServer {
  readonly address: SmppAddress;
  close(): Promise<void>;
}

async function tcpServer(greet: (socket: Socket) => void): Promise<TcpSmppServer> {
  const { port, close } = await listen(createTcpServer(greet));
  return { address: addressOf(port), close };
}
