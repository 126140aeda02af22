import type { FastifyReply } from 'fastify';
import { Heading, LinkButton } from '../components.tsx';
import { Layout } from '../layout.tsx';
import { enInvitations, type InvitationMessages } from '../messages/en-invitations.ts';
import { sendPage } from '../send-page.tsx';

const catalogue = new Map<string, InvitationMessages>([['en', enInvitations]]);
export const invitationWords = (lang: string): InvitationMessages => catalogue.get(lang) ?? enInvitations;

/** Used, withdrawn, too old or never made: one answer, so that guessing tells nothing. */
export function sendGonePage(reply: FastifyReply, lang = 'en'): FastifyReply {
  return sendPage(reply, <GonePage lang={lang} />, 410);
}

export function GonePage({ lang }: { lang: string }) {
  const words = invitationWords(lang).gone;
  return (
    <Layout title={words.title} lang={lang}>
      <Heading lead={words.why}>{words.title}</Heading>
      <p>{words.how}</p>
      <LinkButton href="/login">{words.logIn}</LinkButton>
    </Layout>
  );
}
