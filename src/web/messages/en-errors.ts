import type { ErrorKind, FaultKind } from '../errors/faults.ts';

export interface ErrorText {
  title: string;
  /** What happened and what to do next. */
  paragraphs: readonly string[];
}

export interface ErrorMessages {
  pages: Record<ErrorKind, ErrorText>;
  faults: Record<FaultKind, (p: { field: string; most: number | null }) => string>;
  toStart: string;
  /** Before the number by which the log can be searched. */
  ifItGoesOn: (support: string) => string;
}

export const enErrors: ErrorMessages = {
  pages: {
    unreadable: {
      title: 'What you sent cannot be read',
      paragraphs: ['Nothing was changed. Go back, correct it and send it again.'],
    },
    bad_address: {
      title: 'This address cannot be read',
      paragraphs: [
        'Part of it was lost or garbled, as happens when a link breaks over two lines of an e-mail. Copy the whole link and open it again.',
      ],
    },
    foreign_form: {
      title: 'This form did not come from here',
      paragraphs: [
        'It was sent from another site, so nothing was done.',
        'If you filled it in here, your browser or one of its extensions hides that from us: open the page again in another browser.',
      ],
    },
    not_found: {
      title: 'Page not found',
      paragraphs: [
        'If you typed the address, check it. If you followed a link, make sure that you opened all of it.',
      ],
    },
    wrong_method: {
      title: 'This page does not work that way',
      paragraphs: ['Nothing was changed. Go back and use the buttons on the page.'],
    },
    too_slow: {
      title: 'That took too long',
      paragraphs: [
        'What you sent did not arrive in time, so nothing was changed. Check your connection and try again.',
      ],
    },
    gone: {
      title: 'This link no longer works',
      paragraphs: ['It was used already, or its time is over.'],
    },
    too_large: {
      title: 'That is too much',
      paragraphs: [
        'What you sent is larger than any form here. Nothing was changed. Go back, shorten it and send it again.',
      ],
    },
    address_too_long: {
      title: 'This address is too long',
      paragraphs: ['Open the link again exactly as you got it, with nothing in front of it or behind it.'],
    },
    headers_too_large: {
      title: 'Your browser sent too much',
      paragraphs: ['Its cookies for this site have grown too large. Delete them and try again.'],
    },
    not_a_form: {
      title: 'This is not a form',
      paragraphs: [
        'What was sent is of a kind that this page does not take. Nothing was changed. Open the page and use its own form.',
      ],
    },
    too_many: {
      title: 'Too many tries',
      paragraphs: ['Wait a minute, then try again.'],
    },
    failed: {
      title: 'Something went wrong on our side',
      paragraphs: ['Go back and try again in a minute.'],
    },
    busy: {
      title: 'A crowd at the door',
      paragraphs: ['Very many people are logging in right now. Wait a few seconds, then try again.'],
    },
  },
  faults: {
    missing: ({ field }) => `The field “${field}” is missing.`,
    unknown: ({ field }) => `There is a field “${field}” that does not belong here.`,
    twice: ({ field }) => `The field “${field}” came twice.`,
    too_long: ({ field, most }) =>
      most === null
        ? `The field “${field}” is too long.`
        : `The field “${field}” is too long: it takes at most ${most} characters.`,
    not_a_choice: ({ field }) => `The field “${field}” holds none of the values it can have.`,
    unreadable: ({ field }) => `The field “${field}” holds something that cannot be read.`,
    not_utf8: () => 'It holds characters that are not valid UTF-8.',
    no_form: () => 'It does not hold the fields of a form.',
  },
  toStart: 'Go to the start page',
  ifItGoesOn: (support) => `If it happens again, turn to ${support} and give this number:`,
};
