import { enSetUp, type SetUpMessages } from '../messages/en-set-up.ts';

const catalogue = new Map<string, SetUpMessages>([['en', enSetUp]]);
export const setUpWords = (lang: string): SetUpMessages => catalogue.get(lang) ?? enSetUp;
