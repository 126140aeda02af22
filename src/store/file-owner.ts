import { fchownSync, type Stats } from 'node:fs';

/** Run as root, a command must not leave a file that the server's own user cannot read. @returns whether they can. */
export function giveTo(handle: number, { uid, gid }: Pick<Stats, 'uid' | 'gid'>): boolean {
  try {
    fchownSync(handle, uid, gid);
    return true;
  } catch {
    // Whoever is not root may not give files away; their group does not matter, since it may not read it.
    return process.getuid?.() === uid;
  }
}
