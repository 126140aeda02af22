import { expect, it } from 'vitest';
import { openDoor } from '../support/door.ts';
import { run } from './q8-malformed-requests.ts';

it('Q8: a flood of malformed requests breaks nothing, lets nobody in and slows nobody down', async () => {
  const figures = await run('short', () => {});
  expect(figures).toMatchObject({
    crashes: 0,
    faults: 0,
    errorsLogged: 0,
    admissions: 0,
    taken: 0,
    changedRows: 0,
  });
  expect(figures.groups).toBeGreaterThanOrEqual(10);
  expect(figures.heapGrowthMb).toBeLessThan(50);
}, 120_000);

it('Q8: Node’s two limits stand in the order in which both hold: half a minute for a body, less for headers', async () => {
  await using door = await openDoor();
  const { headersTimeout, requestTimeout } = door.app.server.server;
  expect(requestTimeout).toBe(30_000);
  expect(headersTimeout).toBeGreaterThan(0);
  expect(headersTimeout).toBeLessThan(requestTimeout);
});
