import { describe, expect, test } from 'vitest';
import { blankOut, countOf, isCommon, lettersOf, readingsOf, unmask } from './common-password.ts';

describe('isCommon', () => {
  test.each([
    ['passwordx7q9z', 'five beside a known word'],
    ['abcabcabcabcabc', 'three different characters'],
    ['abc1abc1abc1abc', 'a short unit, cut at the end'],
    ['qwertyuiopasdfg', 'a row of keys'],
    ['rewqfdsavcxz', 'rows backwards'],
    ['aaaabbbbccccdddd', 'runs of the same'],
    ['password', 'a known word'],
    ['password123456789', 'a known word and a run'],
    ['', 'nothing'],
  ])('%j: %s', (text) => {
    expect(isCommon(text)).toBe(true);
  });

  test.each([
    ['passwordx7q9zk', 'six beside a known word'],
    ['abc1xyz8abc1xyz8', 'a unit of eight, twice'],
    ['dragonmonkeyshadow', 'three known words'],
    ['kq7wmz2xbn5tr4v', 'nothing known'],
  ])('not %j: %s', (text) => {
    expect(isCommon(text)).toBe(false);
  });
});

test('what is struck out leaves a gap: its neighbours do not become a word', () => {
  expect(blankOut('pass olivia word', ['olivia'])).toBe('pass   word');
  expect(blankOut('passoliviaword', ['olivia'])).toBe('pass word');
  expect(blankOut('ab.*cd', ['.*'])).toBe('ab cd');
  expect(countOf('pass word')).toBe(8);
  expect(countOf('🎬 🎥')).toBe(2);
});

test('letters are of any script, with their marks', () => {
  expect(lettersOf('Zoë 1–2 हिन्दी 映画 🎬!')).toBe('Zoë12हिन्दी映画');
  expect(unmask('p@55w0rd $4lly!')).toBe('password sallyi');
});

test('letters are a reading only where they are half of the password', () => {
  expect(readingsOf('password!!!')).toEqual(['password!!!', 'password', 'passwordiii']);
  expect(readingsOf('a#~#~#~#')).toEqual(['a#~#~#~#']);
});
