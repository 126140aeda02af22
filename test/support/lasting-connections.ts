/**
 * Connections to PostgreSQL that outlast the door they were made for: each is a process of the server, which takes
 * ten milliseconds to start and as long again to read its catalogue. Doors one after another on the same database
 * take them over. Only whole ones: idle, outside of a transaction, and nothing of the last pool left on them.
 */
import pg from 'pg';

type Connected = ((error: Error) => void) | ((error: null, client: pg.Client) => void);
type Done = (error: Error) => void;

/** What `pg` keeps to itself and its types do not name (hence the casts to it), and what its pool and the store hang on a connection. */
interface Inner {
  readonly _queryable: boolean;
  readonly _ending: boolean;
  ref(): void;
  unref(): void;
  query?: unknown;
  release?: unknown;
}

/** By what they were opened with. */
const idle = new Map<string, LastingClient[]>();

class LastingClient extends pg.Client {
  readonly #kind: string;
  #connected = false;

  constructor(config: pg.ClientConfig, kind: string) {
    super(config);
    this.#kind = kind;
  }

  /** One that waits, else a new one. */
  static of(config: pg.ClientConfig): LastingClient {
    const kind = JSON.stringify(config);
    const waiting = idle.get(kind)?.pop();
    waiting?.removeAllListeners();
    return waiting ?? new LastingClient(config, kind);
  }

  override connect(): Promise<pg.Client>;
  override connect(done: Connected): void;
  override connect(done?: Connected): Promise<pg.Client> | undefined {
    if (done === undefined) throw new Error('only a pool has connections that last');
    const tell = done as (error: Error | null, client: pg.Client) => void;
    if (this.#connected) {
      (this as unknown as Inner).ref();
      process.nextTick(() => tell(null, this));
      return;
    }
    super.connect((error: Error | null) => {
      this.#connected = !error;
      tell(error, this);
    });
    return;
  }

  override end(): Promise<void>;
  override end(done: Done): void;
  override end(done?: Done): Promise<void> | undefined {
    const ended = (done ?? (() => {})) as () => void;
    const inner = this as unknown as Inner;
    const isOpen = this.#connected && inner._queryable && !inner._ending;
    if (!isOpen || this.getTransactionStatus() !== 'I') {
      super.end(ended);
      return;
    }
    // What the store hangs on a connection goes with its pool.
    delete inner.query;
    delete inner.release;
    this.removeAllListeners();
    this.on('error', () => this.#forget()).on('end', () => this.#forget());
    inner.unref();
    idle.set(this.#kind, [...(idle.get(this.#kind) ?? []), this]);
    ended();
    return;
  }

  #forget(): void {
    const left = (idle.get(this.#kind) ?? []).filter((client) => client !== this);
    idle.set(this.#kind, left);
  }
}

/** From now on, in this process, pools to the databases named have such connections. */
export function letConnectionsLast(databases: ReadonlySet<string>): void {
  const Plain = pg.Pool;
  // A pool calls it with `new`, and a constructor may return another object; types know no such constructor.
  const Client = function takeOver(config: pg.ClientConfig) {
    return LastingClient.of(config);
  } as unknown as typeof pg.Client;
  pg.Pool = class extends Plain {
    constructor(config: pg.PoolConfig = {}) {
      const lasts = databases.has(config.connectionString ?? '');
      super(lasts ? { ...config, Client } : config);
    }
  };
}
