import { disown, noticeIsOpen } from '../../flows/disown.ts';
import { type Edge, visitorOf } from '../edge.ts';
import { form, noQuery, text } from '../forms.ts';
import { sendPage } from '../send-page.tsx';
import type { Server } from '../server.ts';
import { NotMeDonePage, NotMeGonePage, NotMePage } from './not-me-pages.tsx';

const LANG = 'en';
const config = { door: 'public' } as const;
const link = form({ token: text(200) });
const noFields = form({});

/** E7: opening the link shows what the button does; only the button does it, since mail scanners open links. */
export function notMeRoutes(server: Server, edge: Edge): void {
  server.get(
    '/not-me/:token',
    { config, schema: { params: link, querystring: noQuery } },
    async (request, reply) => {
      const { token } = request.params;
      return (await noticeIsOpen(edge.ctx, token))
        ? sendPage(reply, <NotMePage lang={LANG} token={token} />)
        : sendPage(reply, <NotMeGonePage lang={LANG} />, 410);
    },
  );

  server.post(
    '/not-me/:token',
    { config, schema: { params: link, querystring: noQuery, body: noFields } },
    async (request, reply) => {
      const outcome = await disown(edge.ctx, visitorOf(edge, request), request.params.token);
      switch (outcome) {
        case 'done':
          return sendPage(reply, <NotMeDonePage lang={LANG} />);
        case 'link_gone':
          return sendPage(reply, <NotMeGonePage lang={LANG} />, 410);
        default:
          return unknownOutcome(outcome);
      }
    },
  );
}

function unknownOutcome(outcome: never): never {
  throw new Error(`unknown outcome ${outcome}: refused`);
}
