import type { IncomingHttpHeaders } from 'node:http';

const LOOPBACK_PEER = /^(?:(?:::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1)$/i;
/** By name, so that a stranger's name that points at this machine (DNS rebinding) is not ours. */
const LOOPBACK_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;
const FORWARDED = /^(?:forwarded|x-forwarded-.*|x-real-ip|via)$/;

/**
 * Does this request come from the developer's own machine? Everybody's codes lie behind it, so the socket is
 * asked and not `request.ip`, and whatever a proxy has touched is refused, whether or not it is trusted.
 */
export function isFromDeveloper(peer: string | undefined, headers: IncomingHttpHeaders): boolean {
  if (peer === undefined || !LOOPBACK_PEER.test(peer)) return false;
  if (headers.host === undefined || !LOOPBACK_HOST.test(headers.host)) return false;
  return !Object.keys(headers).some((name) => FORWARDED.test(name));
}
