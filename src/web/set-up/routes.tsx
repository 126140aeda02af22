import type { Edge } from '../edge.ts';
import type { Server } from '../server.ts';
import { appRoutes } from './app.tsx';
import { chooseRoutes } from './choose.tsx';
import { phoneRoutes } from './phone.tsx';
import { textRoutes } from './text.tsx';

/** The set-up inside a login (E2): choose, then by app or by text message. */
export function setUpRoutes(server: Server, edge: Edge): void {
  chooseRoutes(server, edge);
  appRoutes(server, edge);
  phoneRoutes(server, edge);
  textRoutes(server, edge);
}
