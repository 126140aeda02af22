export interface HelpSection {
  /** The anchor. */
  id: string;
  title: string;
  paragraphs: readonly string[];
  steps?: readonly string[] | undefined;
  after?: readonly string[] | undefined;
  /** Where the list of authenticator apps stands. */
  listsApps?: boolean | undefined;
}

export interface HelpMessages {
  title: string;
  lead: string;
  contents: string;
  appStore: string;
  googlePlay: string;
  sections: readonly HelpSection[];
}

export const enHelp: HelpMessages = {
  title: 'Help with two-factor authentication',
  lead: 'How to set it up, how to log in with it, and what to do when you are locked out.',
  contents: 'On this page',
  appStore: 'App Store',
  googlePlay: 'Google Play',
  sections: [
    {
      id: 'what-it-is',
      title: 'What it is',
      paragraphs: [
        'Two-factor authentication means that logging in takes two things: your password, and a six-digit code from your phone. Someone who learns your password still cannot get in without your phone.',
      ],
    },
    {
      id: 'authenticator-app',
      title: 'What an authenticator app is',
      paragraphs: [
        'An authenticator app is an app on your phone that shows a new six-digit code every 30 seconds. It works without a mobile signal or an internet connection, and most are free.',
        'Install one of these. If you already use one, for work or at home, use that.',
      ],
      listsApps: true,
      after: [
        'Any other app that shows six-digit codes after scanning a QR code works too. Many password managers can do it.',
      ],
    },
    {
      id: 'app-or-text',
      title: 'App or text message?',
      paragraphs: [
        'We recommend the app. Text messages are better than a password alone, but weaker: a phone number can be taken over by someone who talks your phone company into it, messages can be intercepted, and nothing arrives where there is no signal.',
        'Your account decides which of the two it allows. If only one is allowed, you are only offered that one.',
      ],
    },
    {
      id: 'set-up-app',
      title: 'Set up with an authenticator app',
      paragraphs: ['Set-up begins by itself while you log in or sign up. It takes about three minutes.'],
      steps: [
        'Log in with your e-mail address and password. We send a six-digit code to your e-mail address; type it in.',
        'Choose “Authenticator app”.',
        'Open the app on your phone and add an account, usually with a plus sign.',
        'Scan the QR code on the screen. If you are already on your phone, tap the link below the QR code instead; or choose to enter the key by hand and type it in.',
        'Type the six-digit code that the app now shows.',
        'Save your ten backup codes, then confirm that you have saved them. Now you are logged in.',
      ],
      after: [
        'If the code is refused, check that your phone sets its time automatically: the codes depend on the right time.',
      ],
    },
    {
      id: 'set-up-text',
      title: 'Set up with text messages',
      paragraphs: ['You need a phone number that receives text messages.'],
      steps: [
        'Log in with your e-mail address and password. We send a six-digit code to your e-mail address; type it in.',
        'Choose “Text message”.',
        'Choose your country and type your phone number. Spaces, hyphens and a leading zero are fine.',
        'We send a six-digit code to your phone. Type it in. If nothing comes, wait 30 seconds and ask for another.',
        'Save your ten backup codes, then confirm that you have saved them. Now you are logged in.',
      ],
    },
    {
      id: 'logging-in',
      title: 'Logging in',
      paragraphs: [
        'Type your e-mail address and password. Then type the six-digit code: from your app, or from the text message that we send you.',
        'Nobody ever needs a six-digit code of yours, not even an admin of your account. Only type it on this site, and only while you are logging in yourself.',
      ],
    },
    {
      id: 'recovery-codes',
      title: 'Backup codes',
      paragraphs: [
        'At the end of set-up you get ten backup codes. Each lets you in once in place of a code from your phone. Print them or keep them in a password manager, but not only on the phone itself.',
      ],
      steps: [
        'After your password, choose “Enter recovery code”.',
        'Type one of your backup codes. Capital letters, spaces and hyphens make no difference.',
        'Cross the code out: it does not work a second time.',
      ],
      after: [
        'When only two are left, your next login with your phone shows you ten new ones, and the old ones stop working.',
      ],
    },
    {
      id: 'locked-out',
      title: 'Locked out',
      paragraphs: ['Your phone is lost, broken or out of reach? Do this, in this order.'],
      steps: [
        'Log in with your password, choose “Enter recovery code” and type one of your backup codes.',
        'If you have none, choose “I can’t use any of these” and type the code that we send to your e-mail address. Then the admins of your account are asked to give you a pass for 24 hours.',
        'Keep the page open: it waits for up to 30 minutes. It shows a two-digit number, which you tell your admin when they call you. An admin can also give you a pass code, which you type under “Enter recovery code”.',
        'With the pass you are in for up to 24 hours from when it was granted, in that browser only.',
        'Then you are logged out. The next time you log in, in the same browser, you set up two-factor authentication again.',
      ],
      after: [
        'Only an admin of your account can give you a pass. If there is nobody who can, the page tells you whom to turn to.',
      ],
    },
    {
      id: 'new-phone',
      title: 'A new phone or number',
      paragraphs: [
        'If you use an app and still have the old phone, move the codes first: most apps can transfer them or keep a backup. Nothing changes here.',
        'If the old phone is gone, or your number has changed:',
      ],
      steps: [
        'Log in with your password and one of your backup codes.',
        'Choose “My phone or number is gone: set up again”.',
        'Set up the new phone. You get ten new backup codes, and the old phone and the old codes stop working.',
      ],
      after: ['Without backup codes, see “Locked out”.'],
    },
    {
      id: 'switching-off',
      title: 'Why you cannot switch it off',
      paragraphs: [
        'Two-factor authentication is managed by your account. Its owners and admins decide that everyone in it logs in this way, and nobody can leave it out for themselves alone. That also means that someone who gets hold of your password cannot switch it off.',
        'If it gets in your way, talk to an admin of your account.',
      ],
    },
  ],
};
