/** The phone's camera: reads a QR code from a picture, with another library than the one that draws it. */
import jsqr from 'jsqr';
import { PNG } from 'pngjs';

/** The text of the QR code in a PNG: the image itself, or a screenshot of a page that shows one. */
export function readQrFromPng(png: Buffer): string {
  const { data, width, height } = PNG.sync.read(png);
  const found = jsqr.default(new Uint8ClampedArray(data), width, height);
  if (found === null) throw new Error(`No QR code can be read in this picture of ${width}x${height}`);
  return found.data;
}
