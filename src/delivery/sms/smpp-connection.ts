/**
 * One bound transceiver to one SMPP server: connects at once, again after a pause whenever it is lost, and at once
 * when somebody wants to send. Keeps it awake by enquire_link, and gives up a connection that does not answer one.
 *
 * Whatever the server does ends the connection and nothing else: every listener here is for life, and none throws,
 * for `smpp` calls them in the socket's own events, where a throw ends the process.
 */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import smpp, { type Pdu, type Session } from 'smpp';
import type { SmppAddress } from './address.ts';
import { isCode, NotSent } from './carrier.ts';
import { statusName } from './smpp-status.ts';

export interface SmppTimes {
  /** Milliseconds for DNS, TCP, TLS and the bind together. */
  readonly connectMs: number;
  /** Milliseconds between two enquire_link, and those one may take. */
  readonly enquireMs: number;
  readonly enquireTimeoutMs: number;
  /** Milliseconds before connecting again after a loss. */
  readonly reconnectMs: number;
  /** Milliseconds an unbind may take at the end. */
  readonly unbindMs: number;
}

const TIMES: SmppTimes = {
  connectMs: 1_500,
  enquireMs: 30_000,
  enquireTimeoutMs: 5_000,
  reconnectMs: 5_000,
  unbindMs: 500,
};

export interface SmppConnection {
  /**
   * Sends one request, connecting first if need be, and answers with the response, whatever its status.
   * @throws NotSent `credentials` or `unavailable` if it was not handed over; `unknown` if it was, and the
   * connection ended or the signal aborted before a response.
   */
  ask(command: string, fields: Record<string, unknown>, signal: AbortSignal): Promise<Pdu>;
  close(): Promise<void>;
}

/** `onDelivery` gets every deliver_sm and data_sm, which are acknowledged whatever it makes of them. */
export function keepSmppConnection(
  address: SmppAddress,
  options: Partial<SmppTimes> & { readonly ca?: string },
  onDelivery: (pdu: Pdu) => void,
): SmppConnection {
  const times = { ...TIMES, ...options };
  let link: Promise<Link> | null = null;
  let again: NodeJS.Timeout | undefined;
  let closed = false;

  function linked(): Promise<Link> {
    if (closed) return Promise.reject(new NotSent('unavailable', 'closed'));
    clearTimeout(again);
    link ??= openLink(address, times, options.ca, onDelivery, lost);
    return link;
  }

  function lost(): void {
    link = null;
    clearTimeout(again);
    if (closed) return;
    again = setTimeout(() => linked().catch(() => {}), times.reconnectMs);
    // A server that waits for nothing else may end.
    again.unref();
  }

  linked().catch(() => {});
  return {
    async ask(command, fields, signal) {
      const open = await unlessAborted(linked(), signal);
      return open.ask(command, fields, signal);
    },
    async close() {
      closed = true;
      clearTimeout(again);
      await (await link?.catch(() => null))?.unbind(times.unbindMs);
    },
  };
}

/** Waiting for a connection hands nothing over. */
function unlessAborted(link: Promise<Link>, signal: AbortSignal): Promise<Link> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new NotSent('unavailable', 'connect_timeout'));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    link.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

interface Link {
  ask(command: string, fields: Record<string, unknown>, signal: AbortSignal): Promise<Pdu>;
  unbind(timeoutMs: number): Promise<void>;
}

/** Resolves once bound. `onLost` is called exactly once, whether it was ever bound or not. */
function openLink(
  address: SmppAddress,
  times: SmppTimes,
  ca: string | undefined,
  onDelivery: (pdu: Pdu) => void,
  onLost: () => void,
): Promise<Link> {
  const socket = openSocket(address, ca);
  const session = new smpp.Session({ socket });
  const link = createLink(session);
  let awake: NodeJS.Timeout | undefined;
  return new Promise((resolve, reject) => {
    const end = (refusal: NotSent): void => {
      clearTimeout(patience);
      clearInterval(awake);
      reject(refusal);
      link.end(refusal.detail);
    };
    const patience = setTimeout(() => end(new NotSent('unavailable', 'bind_timeout')), times.connectMs);
    session.on('error', (error: Error) => end(new NotSent('unavailable', codeOf(error))));
    session.once('close', () => {
      end(new NotSent('unavailable', 'closed'));
      onLost();
    });
    session.on('pdu', (pdu: Pdu) => {
      if (!pdu.isResponse()) answerServer(session, pdu, onDelivery);
      if (pdu.command === 'unbind') end(new NotSent('unavailable', 'unbound'));
    });
    socket.once(address.tls ? 'secureConnect' : 'connect', () => {
      link.bind(address).then(() => {
        clearTimeout(patience);
        awake = setInterval(() => enquire(link, times.enquireTimeoutMs, end), times.enquireMs);
        awake.unref();
        resolve(link);
      }, end);
    });
  });
}

function openSocket({ host, port, tls }: SmppAddress, ca: string | undefined): Socket {
  const socket = tls
    ? connectTls({ host, port, ...(ca && { ca }), ...servername(host) })
    : connectTcp({ host, port });
  socket.setNoDelay(true);
  return socket;
}

/** SNI has no place for numbers. */
function servername(host: string): { servername?: string } {
  return /^[\d.]+$|:/.test(host) ? {} : { servername: host };
}

/** Requests under way on one session, all of which come to an end with it. */
function createLink(session: Session) {
  const underWay = new Set<(detail: string) => void>();
  let over = false;

  function ask(command: string, fields: Record<string, unknown>, signal: AbortSignal): Promise<Pdu> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        underWay.delete(fail);
        signal.removeEventListener('abort', onAbort);
      };
      const fail = (detail: string, kind: 'unknown' | 'unavailable' = 'unknown'): void => {
        settle();
        reject(new NotSent(kind, detail));
      };
      const onAbort = (): void => fail('timeout');
      const onResponse = (response: Pdu): void => {
        settle();
        resolve(response);
      };
      if (signal.aborted) return fail('timeout', 'unavailable');
      if (over || !write(session, command, fields, onResponse)) return fail('not_writable', 'unavailable');
      underWay.add(fail);
      signal.addEventListener('abort', onAbort);
    });
  }

  return {
    ask,
    async bind({ systemId, password, systemType }: SmppAddress): Promise<void> {
      const fields = { system_id: systemId, password, system_type: systemType, interface_version: 0x34 };
      const answer = await ask('bind_transceiver', fields, new AbortController().signal).catch(() => null);
      // Not the message is unknown here, only the bind.
      if (answer === null) throw new NotSent('unavailable', 'bind_closed');
      if (answer.command_status === 0 && answer.command === 'bind_transceiver_resp') return;
      const name = statusName(answer.command_status);
      throw new NotSent(BIND_CREDENTIALS.includes(name) ? 'credentials' : 'unavailable', name);
    },
    async unbind(timeoutMs: number): Promise<void> {
      if (over) return;
      await ask('unbind', {}, AbortSignal.timeout(timeoutMs)).catch(() => {});
      this.end('closed');
    },
    end(detail: string): void {
      over = true;
      for (const fail of [...underWay]) fail(detail);
      session.destroy();
    },
  };
}

/** What servers answer a wrong name or password; many say no more than that the bind failed. */
const BIND_CREDENTIALS = [
  'ESME_RINVPASWD',
  'ESME_RINVSYSID',
  'ESME_RINVSYSTYP',
  'ESME_RBINDFAIL',
  'ESME_RPROHIBITED',
];

function write(
  session: Session,
  command: string,
  fields: Record<string, unknown>,
  onResponse: (response: Pdu) => void,
): boolean {
  try {
    return session.send(new smpp.PDU(command, fields), onResponse);
  } catch {
    // A field that cannot be written: nothing has left, and the error's words may hold the text.
    return false;
  }
}

function enquire(link: Link, timeoutMs: number, end: (refusal: NotSent) => void): void {
  link.ask('enquire_link', {}, AbortSignal.timeout(timeoutMs)).catch(() => {
    end(new NotSent('unavailable', 'enquire_timeout'));
  });
}

function answerServer(session: Session, pdu: Pdu, onDelivery: (pdu: Pdu) => void): void {
  try {
    if (pdu.command === 'alert_notification' || pdu.command === 'outbind') return;
    session.send(pdu.response());
    if (pdu.command === 'deliver_sm' || pdu.command === 'data_sm') onDelivery(pdu);
  } catch {
    // A request that cannot be answered, or a listener that failed: it may cost a receipt, never the process.
  }
}

function codeOf(error: Error): string {
  const code = (error as NodeJS.ErrnoException).code;
  return isCode(code) ? code : 'protocol_error';
}
