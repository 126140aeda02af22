/**
 * A real Chromium for the journeys: the one named by CHROMIUM_PATH, else one installed on this machine, else the
 * one packed in `@sparticuz/chromium` (Linux on x64 only), unpacked once into `node_modules/.cache`.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const INSTALLED = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Nothing but our pages: no sandbox (tests may run as root), no graphics card, no calls home. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts a headless Chromium. Whoever starts it closes it. */
export async function launchChromium(): Promise<Browser> {
  const { executablePath, env } = await findChromium();
  return chromium.launch({ executablePath, env: { ...process.env, ...env }, args: FLAGS, headless: true });
}

let chromiumOfThisProcess: Promise<Browser> | undefined;

/**
 * The one Chromium of this process: windows share nothing in it, so that test files one after another can. It ends
 * with the process, by Playwright's own doing.
 */
export function theChromium(): Promise<Browser> {
  chromiumOfThisProcess ??= launchChromium();
  return chromiumOfThisProcess;
}

export interface Window {
  context: BrowserContext;
  page: Page;
  /**
   * What went wrong in any page of this window so far: errors on the console (among them every breach of the
   * Content-Security-Policy), uncaught errors, requests that failed, and answers of 400 and above. The page itself
   * may answer 4xx, as a form with a mistake does; 5xx is a problem there too.
   */
  problems: string[];
}

export interface WindowOptions {
  phone?: boolean;
  javaScript?: boolean;
  colorScheme?: 'light' | 'dark';
}

/** Opens a window with no cookies, which shares nothing with the others. Close it with `context.close()`. */
export async function newWindow(browser: Browser, options: WindowOptions = {}): Promise<Window> {
  const { phone = false, javaScript = true, colorScheme = 'light' } = options;
  const shape = phone
    ? { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }
    : { viewport: { width: 1280, height: 800 } };
  const context = await browser.newContext({
    ...shape,
    javaScriptEnabled: javaScript,
    colorScheme,
    locale: 'en-GB',
    bypassCSP: false,
  });
  const problems: string[] = [];
  recordProblems(context, problems);
  return { context, page: await context.newPage(), problems };
}

function recordProblems(context: BrowserContext, problems: string[]): void {
  context.on('console', (message) => {
    // Chromium also logs failed requests, those of pages included; they are judged below.
    const isRequest = message.text().startsWith('Failed to load resource:');
    if (message.type() === 'error' && !isRequest) problems.push(`console: ${message.text()}`);
  });
  context.on('weberror', (webError) => {
    problems.push(`uncaught: ${webError.error().message}`);
  });
  context.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? 'failed';
    // Aborted means that the person went on to another page before this one was loaded.
    if (reason !== 'net::ERR_ABORTED') problems.push(`request: ${reason} ${request.url()}`);
  });
  context.on('response', (response) => {
    const bad = response.request().isNavigationRequest() ? 500 : 400;
    if (response.status() >= bad) problems.push(`response: ${response.status()} ${response.url()}`);
  });
}

interface Found {
  executablePath: string;
  env: Record<string, string>;
}

async function findChromium(): Promise<Found> {
  const named = process.env.CHROMIUM_PATH;
  if (named) return { executablePath: named, env: {} };
  const installed = INSTALLED.find((path) => existsSync(path));
  if (installed) return { executablePath: installed, env: {} };
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error('Install Chromium or Chrome, or set CHROMIUM_PATH: the packed one is for Linux on x64');
  }
  return packedChromium();
}

async function packedChromium(): Promise<Found> {
  const packageFolder = join(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')), '..');
  const { version } = createRequire(import.meta.url)(join(packageFolder, 'package.json')) as {
    version: string;
  };
  const cache = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url));
  const folder = join(cache, `sallyport-chromium-${version}`);
  await unpackOnce(folder);
  return {
    executablePath: join(folder, 'chromium'),
    env: {
      FONTCONFIG_FILE: join(folder, 'fonts', 'fonts.conf'),
      // The package brings NSS and expat, which a bare machine lacks.
      LD_LIBRARY_PATH: [join(folder, 'al2023', 'lib'), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':'),
    },
  };
}

/** A turn at unpacking that is older than this was left by a process that died. */
const TURN_MS = 60_000;

/**
 * Makes `folder`, also when many test workers want it at the same moment. It appears whole, by a rename, which only
 * one can win, so what is found there is complete. The lock merely keeps the others from doing the work in vain.
 */
export async function unpackOnce(
  folder: string,
  unpack: (into: string) => Promise<void> = unpackPackage,
): Promise<void> {
  const lock = `${folder}.lock`;
  await mkdir(dirname(folder), { recursive: true });
  while (!existsSync(folder)) {
    if (!(await takeTurn(lock))) {
      await sleep(50);
      continue;
    }
    try {
      if (!existsSync(folder)) await unpackBeside(folder, unpack);
    } finally {
      await rm(lock, { recursive: true, force: true });
    }
  }
}

async function unpackBeside(folder: string, unpack: (into: string) => Promise<void>): Promise<void> {
  const mine = await mkdtemp(`${folder}.`);
  try {
    await unpack(mine);
    await rename(mine, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  } finally {
    await rm(mine, { recursive: true, force: true });
  }
}

async function takeTurn(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const taken = await stat(lock).catch(() => undefined);
    if (taken && Date.now() - taken.mtimeMs > TURN_MS) await rm(lock, { recursive: true, force: true });
    return false;
  }
}

/**
 * The package unpacks to the temporary folder, and what is already there it takes for finished: so it gets an empty
 * temporary folder in a process of its own. The other variable makes it unpack the libraries as well.
 */
async function unpackPackage(into: string): Promise<void> {
  const script = `import chromium from '@sparticuz/chromium'; await chromium.executablePath();`;
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: dirname(fileURLToPath(import.meta.url)),
    env: { ...process.env, TMPDIR: into, AWS_LAMBDA_JS_RUNTIME: 'nodejs24.x' },
  });
  await writeFile(join(into, 'fonts', 'fonts.conf'), FONTS);
}

/** This machine's fonts and, for a machine that has none, the packed one; the package's own file names fixed folders. */
const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir prefix="relative">fonts</dir>
</fontconfig>
`;
