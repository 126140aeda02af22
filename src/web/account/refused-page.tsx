import type { FastifyReply } from 'fastify';
import type { SignedIn } from '../../flows/admit.ts';
import { Heading, LinkButton, safeHref } from '../components.tsx';
import { Layout } from '../layout.tsx';
import type { ToldRefusal } from '../messages/en-account.ts';
import { sendPage } from '../send-page.tsx';
import { addresses } from './addresses.ts';
import { accountWords, LANG } from './words.ts';

interface RefusedModel {
  readonly lang: string;
  readonly email: string;
  readonly why: ToldRefusal;
  readonly slug: string;
  readonly name: string;
}

/** 403: a member's word for a page that is not theirs, and the one thing that everybody may do here. */
export function RefusedPage({ lang, email, why, slug, name }: RefusedModel) {
  const words = accountWords(lang).account;
  const { title, text } = words.refused[why];
  return (
    <Layout title={title} signedInAs={email} lang={lang}>
      <Heading caption={name}>{title}</Heading>
      <p>{text}</p>
      <LinkButton kind="secondary" href="/">
        {words.toStart}
      </LinkButton>
      <p>
        <a href={safeHref(addresses.leave(slug))}>{words.leaveLink(name)}</a>
      </p>
    </Layout>
  );
}

export function sendRefusedPage(
  reply: FastifyReply,
  session: SignedIn,
  slug: string,
  why: ToldRefusal,
): FastifyReply {
  const name = session.memberships.find((m) => m.account.slug === slug)?.account.name ?? slug;
  const model = { lang: LANG, email: session.user.email, why, slug, name };
  return sendPage(reply, <RefusedPage {...model} />, 403);
}
