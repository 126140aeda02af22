export interface AuthenticatorApp {
  name: string;
  ios: string;
  android: string;
}

const appStore = (id: string) => `https://apps.apple.com/app/id${id}`;
const googlePlay = (id: string) => `https://play.google.com/store/apps/details?id=${id}`;

export const authenticatorApps: readonly AuthenticatorApp[] = [
  {
    name: 'Google Authenticator',
    ios: appStore('388497605'),
    android: googlePlay('com.google.android.apps.authenticator2'),
  },
  {
    name: 'Microsoft Authenticator',
    ios: appStore('983156458'),
    android: googlePlay('com.azure.authenticator'),
  },
  { name: 'Duo Mobile', ios: appStore('422663827'), android: googlePlay('com.duosecurity.duomobile') },
  { name: '1Password', ios: appStore('1511601750'), android: googlePlay('com.onepassword.android') },
  { name: 'Authy', ios: appStore('494168017'), android: googlePlay('com.authy.authy') },
];
