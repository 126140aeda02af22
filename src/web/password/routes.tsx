import type { Edge } from '../edge.ts';
import type { Server } from '../server.ts';
import { changeRoutes } from './change-routes.tsx';
import { notMeRoutes } from './not-me-routes.tsx';
import { resetRoutes } from './reset-routes.tsx';
import { stepUpRoute } from './step-up-route.ts';

/** A new password by mail or by the old one, the step-up on the way to it, and "This was not me". */
export function passwordRoutes(server: Server, edge: Edge): void {
  resetRoutes(server, edge);
  changeRoutes(server, edge);
  stepUpRoute(server, edge);
  notMeRoutes(server, edge);
}
