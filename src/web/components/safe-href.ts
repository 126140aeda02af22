const schemes = /^(?:https?:\/\/|otpauth:\/\/|mailto:|tel:)/i;
const sameSitePath = /^\/(?!\/)/;

// Browsers drop tabs and line ends from an address and read "\" as "/": "/\t/evil.example" would leave this site.
const misleading = /[\p{Cc}\\]/u;

/** The address if it is one that a link may have, else "#". Every link whose address comes from data goes through here. */
export function safeHref(url: string): string {
  if (misleading.test(url)) return '#';
  return sameSitePath.test(url) || schemes.test(url) ? url : '#';
}
