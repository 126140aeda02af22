import { safeHref } from './safe-href.ts';

const EMAIL = /^[^\s@:/?&]+@[^\s@:/?&]+$/;

export interface ContactTextProps {
  /** A text that names whom people turn to. */
  text: string;
  /** As it was set: an address, a telephone number, or a few words. */
  contact: string;
}

/** The text, with the e-mail address in it as a link; another kind of contact stays text. */
export function ContactText({ text, contact }: ContactTextProps) {
  const at = text.indexOf(contact);
  if (at < 0 || !EMAIL.test(contact)) return <>{text}</>;
  return (
    <>
      {text.slice(0, at)}
      <a href={safeHref(`mailto:${contact}`)}>{contact}</a>
      {text.slice(at + contact.length)}
    </>
  );
}
