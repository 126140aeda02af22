/**
 * The text message with a code (E4, S01, S03): the code first, what it is for, how long it works, never to be shared;
 * the last line binds it to our host, so that phones fill it in there and nowhere else. Always one segment of GSM-7:
 * the words are chosen from its alphabet (without accents where it has none), and the shortest that fits is taken.
 */
import { isGsm7, sizeText } from './sms/gsm7.ts';

interface Words {
  /** With the product's name in the middle, or without it. `code` comes first in each. */
  readonly code: readonly [before: string, after: string];
  readonly enroll: readonly [before: string, after: string];
  readonly nameless: string;
  readonly life: string;
  readonly share: string;
}

/** By language (ISO 639-1). */
const WORDS = {
  en: {
    code: [' is your ', ' code for logging in.'],
    enroll: [' is your ', ' code for setting up your phone.'],
    nameless: ' is your code.',
    life: 'It works for 10 minutes.',
    share: 'Never share it.',
  },
  de: {
    code: [' ist Ihr ', '-Code zum Anmelden.'],
    enroll: [' ist Ihr ', '-Code zum Einrichten.'],
    nameless: ' ist Ihr Code.',
    life: 'Er gilt 10 Minuten.',
    share: 'Nie weitergeben.',
  },
  fr: {
    code: [' est votre code ', ' de connexion.'],
    enroll: [' est votre code ', ' de configuration.'],
    nameless: ' est votre code.',
    life: 'Valable 10 minutes.',
    share: 'Ne le donnez à personne.',
  },
  es: {
    code: [' es su clave de ', ' para entrar.'],
    enroll: [' es su clave de ', ' para configurar.'],
    nameless: ' es su clave.',
    life: 'Vale 10 minutos.',
    share: 'No la comparta nunca.',
  },
  it: {
    code: [' è il tuo codice ', " per l'accesso."],
    enroll: [' è il tuo codice ', ' per la configurazione.'],
    nameless: ' è il tuo codice.',
    life: 'Vale 10 minuti.',
    share: 'Non darlo a nessuno.',
  },
  pt: {
    code: [' é o seu codigo ', ' para entrar.'],
    enroll: [' é o seu codigo ', ' para configurar.'],
    nameless: ' é o seu codigo.',
    life: 'Vale 10 minutos.',
    share: 'Nunca o partilhe.',
  },
  nl: {
    code: [' is je ', '-code om in te loggen.'],
    enroll: [' is je ', '-code om in te stellen.'],
    nameless: ' is je code.',
    life: '10 minuten geldig.',
    share: 'Deel hem nooit.',
  },
  sv: {
    code: [' är din kod för att logga in på ', '.'],
    enroll: [' är din kod för att konfigurera ', '.'],
    nameless: ' är din kod.',
    life: 'Den gäller i 10 minuter.',
    share: 'Dela den aldrig.',
  },
  da: {
    code: [' er din kode til at logge ind på ', '.'],
    enroll: [' er din kode til at konfigurere ', '.'],
    nameless: ' er din kode.',
    life: 'Den virker i 10 minutter.',
    share: 'Del den aldrig.',
  },
  nb: {
    code: [' er koden din for å logge inn på ', '.'],
    enroll: [' er koden din for å sette opp ', '.'],
    nameless: ' er koden din.',
    life: 'Den virker i 10 minutter.',
    share: 'Del den aldri.',
  },
  fi: {
    code: [' on ', '-koodisi kirjautumiseen.'],
    enroll: [' on ', '-koodisi käyttöönottoon.'],
    nameless: ' on koodisi.',
    life: 'Se toimii 10 minuuttia.',
    share: 'Älä jaa sitä.',
  },
} as const satisfies Readonly<Record<string, Words>>;

export type TextLanguage = keyof typeof WORDS;
export const TEXT_LANGUAGES = Object.keys(WORDS) as TextLanguage[];

const isLanguage = (code: string): code is TextLanguage => Object.hasOwn(WORDS, code);
/** Other names under which browsers ask for one of ours. */
const ALIKE: Readonly<Record<string, TextLanguage>> = { no: 'nb', nn: 'nb' };

/** The language a browser would like best of those there are (`Accept-Language`, RFC 9110 §12.5.4); else English. */
export function textLanguage(acceptLanguage: string): TextLanguage {
  let best: { code: TextLanguage; q: number } | null = null;
  for (const part of acceptLanguage.slice(0, 500).split(',')) {
    const [range = '', ...parameters] = part.split(';').map((s) => s.trim().toLowerCase());
    const primary = range.split('-')[0] ?? '';
    const code = Object.hasOwn(ALIKE, primary) ? ALIKE[primary] : isLanguage(primary) ? primary : undefined;
    const weight = parameters.find((p) => p.startsWith('q='))?.slice(2);
    const q = weight === undefined ? 1 : Number(weight);
    if (code !== undefined && q > 0 && q > (best?.q ?? 0)) best = { code, q };
  }
  return best?.code ?? 'en';
}

export interface CodeText {
  readonly product: string;
  readonly code: string;
  /** Ours, as it stands in addresses. */
  readonly host: string;
  readonly purpose: 'code' | 'enroll';
  readonly language: string;
}

/** The longest of the texts that is one segment. A code without its bound line is still a code: that comes last. */
export function textCode({ product, code, host, purpose, language }: CodeText): string {
  const words: Words = WORDS[isLanguage(language) ? language : 'en'];
  const bound = `@${host} #${code}`;
  const name = inGsm7(product);
  const named = `${code}${words[purpose][0]}${name}${words[purpose][1]}`;
  const nameless = `${code}${words.nameless}`;
  const sentences = [
    ...(name === ''
      ? []
      : [
          [named, words.life, words.share],
          [named, words.share],
        ]),
    [nameless, words.life, words.share],
    [nameless, words.share],
    [nameless],
  ].map((parts) => parts.join(' '));
  const texts = [...sentences.map((text) => `${text}\n\n${bound}`), `${nameless}\n${bound}`, ...sentences];
  return texts.find((text) => isOneSegment(text)) ?? nameless;
}

function isOneSegment(text: string): boolean {
  const { alphabet, segments } = sizeText(text);
  return alphabet === 'gsm7' && segments === 1;
}

/** Letters without a decomposition, and marks that programs like to put in the place of ASCII's. */
const LIKE: Readonly<Record<string, string>> = {
  Ł: 'L',
  ł: 'l',
  Đ: 'D',
  đ: 'd',
  ð: 'd',
  Ð: 'D',
  Þ: 'Th',
  þ: 'th',
  Œ: 'OE',
  œ: 'oe',
  ı: 'i',
  ẞ: 'SS',
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  '„': '"',
  '–': '-',
  '—': '-',
  '−': '-',
  '…': '...',
};

/** A name in the letters of GSM-7: what has no likeness there is left out, and may leave nothing. */
export function inGsm7(name: string): string {
  return [...name.normalize('NFC')]
    .map((char) => {
      if (isGsm7(char) && !/[\n\r\f]/.test(char)) return char;
      const plain = LIKE[char] ?? char.normalize('NFKD').replace(/\p{M}/gu, '');
      return plain !== '' && isGsm7(plain) ? plain : /\s/.test(char) ? ' ' : '';
    })
    .join('')
    .replace(/ +/g, ' ')
    .trim();
}
