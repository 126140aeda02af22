import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readSmsAddresses } from '../../src/delivery/sms/address.ts';
import { openCarriers } from '../../src/delivery/sms/open-carriers.ts';
import { parts } from '../support/sms-messages.ts';

const ADDRESSES: Record<string, string> = {
  twilio: `twilio://AC${'0'.repeat(32)}:token@default?from=Gate`,
  aws: 'aws://AKIDEXAMPLE012345678:secret@eu-west-1?sender=Gate',
  vonage: 'vonage://abcd1234:secret@default?from=Gate&signature_secret=s',
  smpp: 'smpp://user:pass@127.0.0.1:9?source=Gate',
  'http-gateway': 'https://:a-long-enough-secret@gateway.example.com/sms',
};
const FILES = Object.keys(ADDRESSES);

/** Loads in a process of its own, and tells which of our files and packages came along. */
async function loadedBy(address: string): Promise<{ files: string[]; packages: string[] }> {
  const folder = new URL('../../src/delivery/sms/', import.meta.url);
  const script = `
    import { registerHooks } from 'node:module';
    const urls = [];
    registerHooks({ load(url, context, next) { urls.push(url); return next(url, context); } });
    const { readSmsAddresses } = await import(${JSON.stringify(new URL('address.ts', folder).href)});
    const { openCarriers } = await import(${JSON.stringify(new URL('open-carriers.ts', folder).href)});
    const { carriers } = readSmsAddresses(process.env.ADDRESS);
    const opened = await openCarriers(carriers, { now: () => 0 });
    await Promise.all(opened.map((carrier) => carrier.close()));
    process.stdout.write(JSON.stringify(urls));
  `;
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    env: { PATH: process.env.PATH, ADDRESS: address },
    cwd: fileURLToPath(new URL('../../', import.meta.url)),
  });
  const urls = JSON.parse((await run).stdout) as string[];
  return {
    files: FILES.filter((file) => urls.some((url) => url.endsWith(`/sms/${file}.ts`))),
    packages: ['smpp', 'aws4fetch', 'cockatiel'].filter((name) =>
      urls.some((url) => url.includes(`/node_modules/${name}/`)),
    ),
  };
}

describe('only what is named is loaded', () => {
  it.each(FILES)('%s', async (file) => {
    const { files, packages } = await loadedBy(ADDRESSES[file] ?? '');
    expect(files).toEqual([file]);
    expect(packages).toEqual({ smpp: ['smpp'], aws: ['aws4fetch'] }[file] ?? []);
  });

  it('two of them', async () => {
    const { files } = await loadedBy(`${ADDRESSES.vonage},${ADDRESSES.twilio}`);
    expect(files).toEqual(['twilio', 'vonage']);
  });
});

it('opens them in their order, by their names', async () => {
  const { carriers, faults } = readSmsAddresses(
    [ADDRESSES.vonage, ADDRESSES.twilio, ADDRESSES.aws, ADDRESSES['http-gateway'], ADDRESSES.vonage].join(
      ',',
    ),
  );
  expect(faults).toEqual([]);
  const opened = await openCarriers(carriers, parts);
  expect(opened.map(({ name }) => name)).toEqual(['vonage', 'twilio', 'aws', 'http', 'vonage-2']);
  expect(opened.map(({ receipts }) => typeof receipts)).toEqual([
    'function',
    'function',
    'string',
    'function',
    'function',
  ]);
});
