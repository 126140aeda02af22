import { PasswordField, type Problem, problemOf } from '../components.tsx';
import { formWords } from '../login/parts.tsx';
import { passwordVerdicts, type Verdict } from '../messages/en-password.ts';
import { wordsIn } from './words.ts';

/** U3; a hint to password generators only, the server judges. */
const LEAST_CHARACTERS = 15;

export function newPasswordProblem(verdict: Verdict): Problem {
  return { field: 'password', text: passwordVerdicts[verdict] };
}

export function NewPasswordField({ lang, problems }: { lang: string; problems: readonly Problem[] }) {
  const words = wordsIn(lang);
  const form = formWords(lang);
  return (
    <PasswordField
      name="password"
      label={words.newPassword}
      hint={words.newPasswordHint}
      error={problemOf(problems, 'password')}
      autocomplete="new-password"
      minLength={LEAST_CHARACTERS}
      showLabel={form.showPassword}
      hideLabel={form.hidePassword}
    />
  );
}
