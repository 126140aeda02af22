/** nginx and Caddy, each with the very file of docs/operating/, but for ports, paths and nodes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../support/program.ts';
import { selfSigned } from '../support/sms-certificate.ts';

/** As the files of docs/operating/ have it. */
export const HOST = 'login.example.com';

export type ProxyName = 'nginx' | 'caddy';

export interface StartedProxy extends AsyncDisposable {
  /** Where it ends TLS, on 127.0.0.1. */
  readonly port: number;
  /** Whom its certificate is by. */
  readonly ca: string;
  /** All that it has printed and logged so far. */
  words(): string;
}

/** Replaces what a reader would replace. What is not there any more is a file that this test no longer fits. */
function fill(name: ProxyName, places: Readonly<Record<string, string>>): string {
  const file = { nginx: 'nginx.conf', caddy: 'Caddyfile' }[name];
  const path = fileURLToPath(new URL(`../../docs/operating/${file}`, import.meta.url));
  let text = readFileSync(path, 'utf8');
  for (const [place, by] of Object.entries(places)) {
    if (!text.includes(place)) throw new Error(`${file} says nowhere "${place}"`);
    text = text.replaceAll(place, by);
  }
  return text;
}

/** The program's own path. @throws in words: no test is left out because something is not installed. */
function find(name: ProxyName): string {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'];
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (found === undefined)
    throw new Error(
      `${name} is not installed. On Debian: apt-get install --no-install-recommends nginx caddy`,
    );
  return found;
}

/** Starts it in front of three nodes on these ports. */
export async function startProxy(name: ProxyName, nodes: readonly number[]): Promise<StartedProxy> {
  const folder = mkdtempSync(join(tmpdir(), `sallyport-${name}-`));
  const { key, cert } = selfSigned([HOST]);
  const [certificate, secret] = [join(folder, 'fullchain.pem'), join(folder, 'privkey.pem')];
  writeFileSync(certificate, cert);
  writeFileSync(secret, key, { mode: 0o600 });
  const [port, plain] = [await freePort(), await freePort()];
  const places = {
    '/etc/ssl/sallyport/fullchain.pem': certificate,
    '/etc/ssl/sallyport/privkey.pem': secret,
    ...Object.fromEntries(nodes.map((node, n) => [`127.0.0.1:${3001 + n}`, `127.0.0.1:${node}`])),
  };
  const args = { nginx: nginxArgs, caddy: caddyArgs }[name](folder, places, port, plain);
  const child = spawn(find(name), args, { env: { HOME: folder, PATH: process.env.PATH ?? '' } });
  let words = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (words += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (words += text));
  const logs = () =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.log'))
      .map((file) => readFileSync(join(folder, file), 'utf8'));
  await untilOpen(child, port, () => words);
  return {
    port,
    ca: cert,
    words: () => [words, ...logs()].join('\n'),
    async [Symbol.asyncDispose]() {
      const gone = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGTERM');
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

type Args = (folder: string, places: Record<string, string>, port: number, plain: number) => string[];

/** As Debian's nginx.conf includes it, compression included. */
const nginxArgs: Args = (folder, places, port, plain) => {
  writeFileSync(
    join(folder, 'site.conf'),
    fill('nginx', {
      ...places,
      'listen 80;': `listen 127.0.0.1:${plain};`,
      'listen 443 ssl http2;': `listen 127.0.0.1:${port} ssl http2;`,
      '/var/log/nginx/': `${folder}/`,
    }),
  );
  const own = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off;
     ${process.getuid?.() === 0 ? 'user root;' : ''}
     worker_processes 1;
     pid ${folder}/nginx.pid;
     events {}
     http {
       access_log off;
       gzip on;
       ${own.join('\n')}
       include ${folder}/site.conf;
     }`,
  );
  return ['-e', join(folder, 'start.log'), '-p', folder, '-c', join(folder, 'nginx.conf')];
};

const caddyArgs: Args = (folder, places, port, plain) => {
  const text = fill('caddy', {
    ...places,
    '\tadmin off\n': `\tadmin off\n\thttp_port ${plain}\n`,
    'login.example.com {': `https://login.example.com:${port} {`,
  });
  writeFileSync(join(folder, 'Caddyfile'), text);
  return ['run', '--adapter', 'caddyfile', '--config', join(folder, 'Caddyfile')];
};

async function untilOpen(child: ChildProcess, port: number, words: () => string): Promise<void> {
  for (const until = performance.now() + 15_000; performance.now() < until; ) {
    if (child.exitCode !== null) break;
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.kill('SIGKILL');
  throw new Error(`it does not listen: ${words()}`);
}
