import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { type ReceiptResult, takeReceipt } from '../../flows/text-messages-receipts.ts';
import type { Edge } from '../edge.ts';
import { form, noQuery } from '../forms.ts';
import type { Server } from '../server.ts';

/** A receipt is some hundred bytes. */
const MOST_BYTES = 16 * 1024;

const STATUS: Readonly<Record<ReceiptResult, number>> = {
  noted: 204,
  // Signed, and of something else: it is thanked for, or it would come again and again.
  not_a_receipt: 204,
  unreadable: 400,
  bad_signature: 403,
  no_such_carrier: 404,
};

const carrierName = form({ carrier: Type.String({ pattern: '^[a-z]{2,10}(-[1-9][0-9]?)?$' }) });

/**
 * `/receipts/sms/:carrier`: carriers say what became of text messages. The body is taken as it came, since each
 * carrier signs its bytes in its own way.
 */
export function receiptRoutes(server: Server, edge: Edge): void {
  server.register(async (scope: Server) => {
    scope.removeAllContentTypeParsers();
    const raw = async (_request: FastifyRequest, body: string | Buffer) => body;
    scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit: MOST_BYTES }, raw);
    scope.post(
      '/receipts/sms/:carrier',
      {
        config: { door: 'machine' },
        schema: { params: carrierName, querystring: noQuery },
        bodyLimit: MOST_BYTES,
      },
      async (request, reply) => {
        const headers = Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name, String(value ?? '')]),
        );
        const { carrier } = request.params;
        const result = await takeReceipt(edge.ctx, carrier, {
          // What the carrier was told, and not what a proxy made of it.
          url: `${edge.ctx.settings.url}/receipts/sms/${carrier}`,
          headers,
          body: typeof request.body === 'string' ? request.body : '',
        });
        if (result !== 'noted') request.log.info({ carrier, result }, 'a receipt was not taken');
        return reply.status(STATUS[result]).header('cache-control', 'no-store').send();
      },
    );
  });
}
