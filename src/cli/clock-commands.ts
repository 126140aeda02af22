import { sayClockRight } from '../flows/clock-right.ts';
import { BadUsage, done, type OperatorCommand } from './command.ts';
import { count } from './print.ts';

export const CLOCK_COMMANDS: Readonly<Record<string, OperatorCommand>> = {
  'clock right': {
    usage: 'clock right --yes',
    about:
      'says that the clock of this machine (and of the database) is right, and records from the future are wrong; ends all passes. Stop all servers first',
    example: 'sallyport clock right --yes',
    words: [],
    options: { yes: { type: 'boolean' } },
    beforeRecords: true,
    async run(ctx, operator, given) {
      if (given.options.yes !== true) {
        throw new BadUsage(
          'This ends all passes. Look at the clock (date), stop all servers, and add --yes if it is right.',
        );
      }
      const aheadMs = await sayClockRight(ctx, operator);
      const seconds = Math.round(aheadMs / 1000);
      const ahead =
        seconds === 0
          ? 'No record lay ahead of it.'
          : `Records up to ${count(seconds, 'second')} ahead of it do not count any more.`;
      return done(
        `The clock is taken to be right. ${ahead}\nAll passes end before the next server serves: start the servers now. One that was not stopped goes on by its own time; restart it, and run this again.`,
        { aheadMs },
      );
    },
  },
};
