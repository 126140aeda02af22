export const SENDER =
  'a number such as +15550100, a short code of 3 to 8 digits, or a name of at most 11 letters and digits';

export function senderFault(name: string, sender: string | undefined): string[] {
  return sender === undefined || !isSender(sender) ? [`${name} must be ${SENDER}.`] : [];
}

export function isSender(sender: string): boolean {
  return senderKind(sender) !== null;
}

/** What a sender is: E.164 with its plus, a short code, or an alphanumeric name with at least one letter. */
export function senderKind(sender: string): 'number' | 'short_code' | 'name' | null {
  if (/^\+[1-9]\d{6,14}$/.test(sender)) return 'number';
  if (/^\d{3,8}$/.test(sender)) return 'short_code';
  return /^(?=.*[A-Za-z])[A-Za-z0-9](?:[A-Za-z0-9 ._&-]{0,9}[A-Za-z0-9])?$/.test(sender) ? 'name' : null;
}
