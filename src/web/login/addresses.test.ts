import { expect, it } from 'vitest';
import { maskedAddress } from '../invitations/mask.ts';
import { addressOf, dueAddress } from './addresses.ts';

it('a step that nobody knows has no page: refused', () => {
  expect(() => addressOf({ step: 'wave_through' } as never)).toThrow('refused');
});

it('a browser without a login belongs on the first page', () => {
  expect(dueAddress(null)).toBe('/login');
});

it.each([
  ['iris@meridian.example', 'i…@…'],
  ['𝒊ris@meridian.example', '𝒊…@…'],
  ['', '…@…'],
])('%s is masked as %s', (email, masked) => {
  expect(maskedAddress(email)).toBe(masked);
});
