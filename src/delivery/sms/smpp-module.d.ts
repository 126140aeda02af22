/** What we use of the npm package `smpp` 0.5.1, which ships no types. Read from its lib/smpp.js and lib/pdu.js. */
declare module 'smpp' {
  import type { EventEmitter } from 'node:events';
  import type { Server as NetServer, Socket } from 'node:net';

  export interface Pdu {
    readonly command: string;
    readonly command_id: number;
    readonly command_status: number;
    readonly sequence_number: number;
    /** Whatever fields and TLVs the bytes had; none may be believed to be of its type, or there. */
    readonly [field: string]: unknown;
    isResponse(): boolean;
    response(fields?: Record<string, unknown>): Pdu;
  }

  export class Session extends EventEmitter {
    constructor(options: { readonly socket: Socket });
    readonly socket: Socket;
    /** False if nothing was written: the socket is not writable. Throws if a field cannot be written. */
    send(pdu: Pdu, onResponse?: (response: Pdu) => void): boolean;
    close(): void;
    destroy(): void;
  }

  export class PDU implements Pdu {
    constructor(command: string, fields?: Record<string, unknown>);
    readonly command: string;
    readonly command_id: number;
    readonly command_status: number;
    readonly sequence_number: number;
    readonly [field: string]: unknown;
    isResponse(): boolean;
    response(fields?: Record<string, unknown>): Pdu;
    toBuffer(): Buffer;
  }

  interface Server extends NetServer {
    on(event: 'session', listener: (session: Session) => void): this;
    on(event: string, listener: (...args: never[]) => void): this;
    readonly sessions: Session[];
  }

  export function createServer(options: object, listener: (session: Session) => void): Server;

  /** Names of `command_status`, such as `ESME_RTHROTTLED`. */
  export const errors: Readonly<Record<string, number>>;

  const smpp: {
    Session: typeof Session;
    PDU: typeof PDU;
    createServer: typeof createServer;
    errors: typeof errors;
  };
  export default smpp;
}
