import { create } from 'qrcode';

/** Cameras need four modules of white around the code. */
const quietZone = 4;

export interface QrCodeProps {
  text: string;
  label: string;
}

/** Dark on white in every colour scheme: many cameras do not read it the other way round. */
export function QrCode({ text, label }: QrCodeProps) {
  const { size, data } = create(text, { errorCorrectionLevel: 'M' }).modules;
  const side = size + 2 * quietZone;
  return (
    <svg
      class="qr"
      viewBox={`0 0 ${side} ${side}`}
      shape-rendering="crispEdges"
      role="img"
      aria-label={label}
    >
      <title>{label}</title>
      <path fill="#fff" d={`M0 0h${side}v${side}H0z`} />
      <path stroke="#000" d={darkRuns(data, size)} />
    </svg>
  );
}

/** One stroke along the middle of every run of dark modules. */
function darkRuns(data: Uint8Array, size: number): string {
  const runs: string[] = [];
  for (let row = 0; row < size; row++) {
    let start = -1;
    for (let column = 0; column <= size; column++) {
      const dark = column < size && data[row * size + column] === 1;
      if (dark && start < 0) start = column;
      if (!dark && start >= 0) {
        runs.push(`M${start + quietZone} ${row + quietZone}.5h${column - start}`);
        start = -1;
      }
    }
  }
  return runs.join('');
}
