/** No connection was free, the server is away, or the file is held by another: the edge answers 503 with Retry-After. */
export class DatabaseBusy extends Error {
  constructor(cause: unknown) {
    super('the database has no connection to give right now', { cause });
    this.name = 'DatabaseBusy';
  }
}
