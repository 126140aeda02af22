import { logOut } from '../../flows/sessions.ts';
import { type Edge, seeOther, setTokens, visitorOf } from '../edge.ts';
import { form, noQuery } from '../forms.ts';
import type { Server } from '../server.ts';
import { backupCodesRoutes } from './backup-codes.tsx';
import { codeRoutes } from './code.tsx';
import { emailCodeRoutes } from './email-code.tsx';
import { goOnRoutes } from './go-on.tsx';
import { logInRoutes } from './log-in.tsx';
import { passRoutes } from './pass-routes.tsx';
import { recoveredRoutes } from './recovered.tsx';
import { recoveryCodeRoutes } from './recovery-code.tsx';
import { refusedRoutes } from './refused.tsx';

/** A login's pages, a file each; those of the set-up are next door. Which one is due, the flows say. */
export function loginRoutes(server: Server, edge: Edge): void {
  logInRoutes(server, edge);
  emailCodeRoutes(server, edge);
  codeRoutes(server, edge);
  recoveryCodeRoutes(server, edge);
  recoveredRoutes(server, edge);
  backupCodesRoutes(server, edge);
  goOnRoutes(server, edge);
  refusedRoutes(server, edge);
  passRoutes(server, edge);
  logOutRoutes(server, edge);
}

/** Its door is `login` because it ends a login under way as well. */
function logOutRoutes(server: Server, edge: Edge): void {
  server.post(
    '/logout',
    { config: { door: 'login' }, schema: { querystring: noQuery, body: form({}) } },
    async (request, reply) => {
      setTokens(edge, reply, await logOut(edge.ctx, visitorOf(edge, request)));
      return seeOther(reply, '/login?because=logged_out');
    },
  );
}
