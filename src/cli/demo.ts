import type { Context } from '../flows/context.ts';
import { DEMO_PASSWORD, describeDemo } from '../flows/demo-data.ts';

/** What the demo prints once it listens. */
export async function demoText(ctx: Context): Promise<string> {
  const { url } = ctx.settings;
  const people = await describeDemo(ctx);
  const lines = people.map(({ email, about, otpauth }) =>
    [`  ${email.padEnd(25)} ${DEMO_PASSWORD}   ${about}`, otpauth].filter((x) => x !== null).join('   '),
  );
  return [
    '',
    `Sallyport demo: ${url}`,
    `Inbox of all mails and text messages: ${url}/dev/inbox`,
    '',
    'Meridian Pictures mandates two-factor authentication. E-mail, password, who it is:',
    ...lines,
    '',
    'Try first:',
    `  1. Log in at ${url}/login as nina@meridian.example: until she is set up, you meet the set-up.\n     Its codes arrive in the inbox.`,
    '  2. Log in as theo@meridian.example: the code comes by text message, to the inbox.',
    '  3. Put an otpauth:// address above into an authenticator app (or: oathtool --totp -b KEY) and log in as',
    '     olivia@meridian.example, the owner.',
    `  4. Open the invitation to iris@meridian.example from the inbox, in another browser.`,
    '',
    'Stop with Ctrl-C. The data stays; `npm start -- --reset` begins anew.',
    '',
  ].join('\n');
}
