export interface LayoutMessages {
  skipToContent: string;
  loggedInAs: string;
  logOut: string;
  navigation: string;
  helpTwoFactor: string;
}

export const enLayout: LayoutMessages = {
  skipToContent: 'Skip to content',
  loggedInAs: 'Logged in as',
  logOut: 'Log out',
  navigation: 'Pages',
  helpTwoFactor: 'Help with two-factor authentication',
};
