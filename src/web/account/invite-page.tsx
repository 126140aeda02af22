import type { Role } from '../../rules/facts.ts';
import { TextAreaField } from '../components/text-area-field.tsx';
import { Button, Form, type Problem, problemOf, RadioCards } from '../components.tsx';
import { addresses } from './addresses.ts';
import { AccountPage, ConfirmFirst, type Frame } from './frame.tsx';
import { accountWords } from './words.ts';

export interface InviteModel {
  readonly frame: Frame;
  readonly emails: string;
  readonly role: Role;
  readonly problems: readonly Problem[];
}

export function InvitePage({ model }: { model: InviteModel }) {
  const { frame, problems } = model;
  const { people } = accountWords(frame.lang);
  const words = people.invitePage;
  const lead = frame.account.mandate === null ? words.lead : `${words.lead} ${words.mandated}`;
  return (
    <AccountPage
      frame={frame}
      current="people"
      title={words.title}
      lead={lead}
      trail={[{ href: addresses.people(frame.account.slug), label: people.title }]}
      problems={problems}
    >
      <div class="prose">
        {frame.account.fresh ? <InviteForm model={model} /> : <ConfirmFirst frame={frame} page="invite" />}
      </div>
    </AccountPage>
  );
}

function InviteForm({ model: { frame, emails, role, problems } }: { model: InviteModel }) {
  const { account, people } = accountWords(frame.lang);
  const words = people.invitePage;
  // P8: only owners make admins and owners.
  const roles: readonly Role[] = frame.account.role === 'owner' ? ['member', 'admin', 'owner'] : ['member'];
  return (
    <Form action={addresses.invite(frame.account.slug)}>
      <TextAreaField
        name="emails"
        label={words.emails}
        hint={words.emailsHint}
        value={emails}
        error={problemOf(problems, 'emails')}
      />
      <RadioCards
        name="role"
        legend={words.role}
        value={role}
        options={roles.map((value) => ({
          value,
          label: account.roles[value],
          hint: account.roleHints[value],
        }))}
        error={problemOf(problems, 'role')}
      />
      <Button>{words.send}</Button>
    </Form>
  );
}
