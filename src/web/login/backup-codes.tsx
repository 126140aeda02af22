import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { readBackupCodes, saveBackupCodes } from '../../flows/backup-codes.ts';
import { type Edge, visitorOf } from '../edge.ts';
import { form, noQuery, text } from '../forms.ts';
import { sendPage } from '../send-page.tsx';
import type { Server } from '../server.ts';
import { BACKUP_CODES, BackupCodesPage, backupCodesText, DOWNLOAD } from './backup-codes-page.tsx';
import { loginModel } from './model.ts';
import { proceed, standAt, toDueStep } from './steps.ts';

const body = form({ saved: Type.Optional(text(20)) });

/** `/login/backup-codes`: the ten codes, until they are saved (E5). */
export function backupCodesRoutes(server: Server, edge: Edge): void {
  server.get(
    BACKUP_CODES,
    { config: { door: 'login' }, compress: false, schema: { querystring: noQuery } },
    (request, reply) => show(edge, request, reply, false),
  );

  server.post(
    BACKUP_CODES,
    { config: { door: 'login' }, compress: false, schema: { querystring: noQuery, body } },
    async (request, reply) => {
      if (!request.body.saved) return show(edge, request, reply, true);
      return proceed(edge, request, reply, await saveBackupCodes(edge.ctx, visitorOf(edge, request)));
    },
  );

  server.get(
    DOWNLOAD,
    { config: { door: 'login' }, compress: false, schema: { querystring: noQuery } },
    async (request, reply) => {
      const at = await standAt(edge, request, reply, 'backup_codes');
      if (at === null) return reply;
      const codes = readBackupCodes(edge.ctx, at);
      if (codes === null) return toDueStep(edge, request, reply);
      return reply
        .header('content-type', 'text/plain; charset=utf-8')
        .header('content-disposition', 'attachment; filename="backup-codes.txt"')
        .header('cache-control', 'no-store')
        .send(backupCodesText(loginModel(edge, at), codes));
    },
  );
}

async function show(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  unsaved: boolean,
): Promise<FastifyReply> {
  const at = await standAt(edge, request, reply, 'backup_codes');
  if (at === null) return reply;
  const codes = readBackupCodes(edge.ctx, at);
  if (codes === null) throw new Error('backup codes are due, and none were made');
  const { backupCodesSaved, backupCodesDead, backupCodesLeft } = at.next.authenticator;
  const usable = backupCodesDead ? 0 : backupCodesLeft;
  const model = { ...loginModel(edge, at), codes, oldOnes: backupCodesSaved ? usable : null, unsaved };
  return sendPage(reply, <BackupCodesPage model={model} />, unsaved ? 422 : 200);
}
