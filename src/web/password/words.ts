import { enPassword, type PasswordMessages } from '../messages/en-password.ts';

const catalogue = new Map<string, PasswordMessages>([['en', enPassword]]);

export function wordsIn(lang: string): PasswordMessages {
  return catalogue.get(lang) ?? enPassword;
}
