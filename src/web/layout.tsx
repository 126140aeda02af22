import type { ComponentChildren } from 'preact';
import { useContext } from 'preact/hooks';
import { Form } from './components/buttons.tsx';
import { Wordmark } from './components/logo.tsx';
import { safeHref } from './components/safe-href.ts';
import { enLayout, type LayoutMessages } from './messages/en-layout.ts';
import { SiteContext } from './site.ts';

const catalogue = new Map<string, LayoutMessages>([['en', enLayout]]);

export interface NavLink {
  href: string;
  label: string;
  current?: boolean | undefined;
}

export interface LayoutProps {
  title: string;
  /** `narrow` for one question at a time, `wide` for everything that is read. */
  shape?: 'narrow' | 'wide' | undefined;
  signedInAs?: string | undefined;
  nav?: readonly NavLink[] | undefined;
  /** Load again without script; with script the page asks by itself. */
  refreshSeconds?: number | undefined;
  lang: string;
  children: ComponentChildren;
}

/** A whole document; whoever sends it puts the doctype in front. */
export function Layout({
  title,
  shape = 'narrow',
  signedInAs,
  nav,
  refreshSeconds,
  lang,
  children,
}: LayoutProps) {
  const words = catalogue.get(lang) ?? enLayout;
  const { product } = useContext(SiteContext);
  return (
    <html lang={lang}>
      <Head title={`${title} – ${product}`} refreshSeconds={refreshSeconds} />
      <body class={nav ? `${shape} with-nav` : shape}>
        <a class="skip" href="#main">
          {words.skipToContent}
        </a>
        <header class="top">
          <div class="top-inner">
            <a class="home" href="/">
              <Wordmark name={product} />
            </a>
            {signedInAs && <SignedIn name={signedInAs} words={words} />}
          </div>
        </header>
        <div class="middle">
          {nav && <Navigation label={words.navigation} links={nav} />}
          <main id="main" tabIndex={-1}>
            {children}
          </main>
        </div>
        <footer class="foot">
          <div class="foot-inner">
            <a href="/help/two-factor">{words.helpTwoFactor}</a>
          </div>
        </footer>
      </body>
    </html>
  );
}

function Head({ title, refreshSeconds }: { title: string; refreshSeconds: number | undefined }) {
  const { assets } = useContext(SiteContext);
  return (
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="format-detection" content="telephone=no" />
      <title>{title}</title>
      <link rel="icon" href={`${assets}/favicon.svg`} type="image/svg+xml" />
      <link rel="stylesheet" href={`${assets}/sallyport.css`} />
      <script type="module" src={`${assets}/client/main.js`} />
      {refreshSeconds !== undefined && (
        <noscript>
          <meta http-equiv="refresh" content={String(refreshSeconds)} />
        </noscript>
      )}
    </head>
  );
}

function SignedIn({ name, words }: { name: string; words: LayoutMessages }) {
  return (
    <div class="signed-in">
      <p title={name}>
        <span class="visually-hidden">{words.loggedInAs} </span>
        {name}
      </p>
      <Form action="/logout">
        <button type="submit" class="button button-secondary button-small">
          {words.logOut}
        </button>
      </Form>
    </div>
  );
}

function Navigation({ label, links }: { label: string; links: readonly NavLink[] }) {
  return (
    <nav class="nav" aria-label={label}>
      <ul>
        {links.map((link) => (
          <li key={link.href}>
            <a href={safeHref(link.href)} aria-current={link.current ? 'page' : undefined}>
              {link.label}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
