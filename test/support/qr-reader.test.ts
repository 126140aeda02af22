import { PNG } from 'pngjs';
import { toBuffer } from 'qrcode';
import { describe, expect, it } from 'vitest';
import { readQrFromPng } from './qr-reader.ts';

const ADDRESS =
  'otpauth://totp/Meridian%20Pictures:ada%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Meridian%20Pictures';

describe('the QR reader', () => {
  it.each(['L', 'M', 'Q', 'H'] as const)('reads what was drawn with error correction %s', async (level) => {
    expect(readQrFromPng(await toBuffer(ADDRESS, { errorCorrectionLevel: level }))).toBe(ADDRESS);
  });

  it('reads light on dark', async () => {
    const png = await toBuffer(ADDRESS, { color: { dark: '#ffffff', light: '#000000' } });
    expect(readQrFromPng(png)).toBe(ADDRESS);
  });

  it('reads letters beyond ASCII', async () => {
    expect(readQrFromPng(await toBuffer('Größe'))).toBe('Größe');
  });

  it('throws when there is none', () => {
    const blank = PNG.sync.write(new PNG({ width: 40, height: 40 }));
    expect(() => readQrFromPng(blank)).toThrow(/No QR code.*40x40/);
  });
});
