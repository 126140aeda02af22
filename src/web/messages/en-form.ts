/** What every page with a form says. */
export const enForm = {
  errorPrefix: 'Error: ',
  problem: 'There is a problem',
  showPassword: 'Show',
  hidePassword: 'Hide',
};

export type FormMessages = typeof enForm;
