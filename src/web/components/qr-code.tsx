import { create } from 'qrcode';

/** Cameras need four modules of white around the code. */
const quietZone = 4;

export interface QrCodeProps {
  text: string;
  label: string;
}

/**
 * Dark on white in every colour scheme: many cameras do not read it the other way round. The least error
 * correction, because a screen has no stains: fewer and larger modules are read sooner, and weigh less.
 */
export function QrCode({ text, label }: QrCodeProps) {
  const { size, data } = create(text, { errorCorrectionLevel: 'L' }).modules;
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

/** One stroke along the middle of every run of dark modules, each measured from the one before: that is shortest. */
function darkRuns(data: Uint8Array, size: number): string {
  let path = '';
  for (let row = 0; row < size; row++) {
    path += `M${quietZone} ${row + quietZone}.5`;
    let at = 0;
    for (const run of runsOf(data.subarray(row * size, (row + 1) * size))) {
      path += `${run.start > at ? `m${run.start - at} 0` : ''}h${run.length}`;
      at = run.start + run.length;
    }
  }
  return path;
}

function runsOf(modules: Uint8Array): { start: number; length: number }[] {
  const runs: { start: number; length: number }[] = [];
  modules.forEach((dark, start) => {
    const last = runs.at(-1);
    if (dark !== 1) return;
    if (last !== undefined && last.start + last.length === start) last.length++;
    else runs.push({ start, length: 1 });
  });
  return runs;
}
