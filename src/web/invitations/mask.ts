/** `a…@…`: enough for its owner to know, too little for anybody else to learn. */
export function maskedAddress(email: string): string {
  return `${Array.from(email)[0] ?? ''}…@…`;
}
