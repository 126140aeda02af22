import type { PassRowView, PersonView } from '../../flows/view-account.ts';
import type { Role } from '../../rules/facts.ts';
import {
  Badge,
  Button,
  Facts,
  Form,
  LinkButton,
  Notice,
  PostButton,
  type Problem,
  problemOf,
  RadioCards,
  TextField,
  Time,
} from '../components.tsx';
import { addresses } from './addresses.ts';
import { AccountPage, ConfirmFirst, type Frame, PassTime } from './frame.tsx';
import { ROLES } from './params.ts';
import { Standing } from './standing.tsx';
import { accountWords } from './words.ts';

export interface PersonModel {
  readonly frame: Frame;
  readonly person: PersonView;
  /** In force, or given and not used yet. */
  readonly pass: PassRowView | null;
  /** As typed. */
  readonly reason: string;
  readonly role: Role;
  readonly problems: readonly Problem[];
  readonly done: string | undefined;
}

/** `/accounts/:slug/people/:id`: one person, and what may be done about them (P8). */
export function PersonPage({ model }: { model: PersonModel }) {
  const { frame, person, problems, done } = model;
  const { people } = accountWords(frame.lang);
  const { may } = person;
  const untouchable = !may.changeRole && !may.remove && !may.endSessions && !may.grantPass;
  const needsFresh = (may.grantPass || may.changeRole) && !frame.account.fresh;
  return (
    <AccountPage
      frame={frame}
      current="people"
      title={person.name}
      lead={person.email}
      trail={[{ href: addresses.people(frame.account.slug), label: people.title }]}
      problems={problems}
      done={done}
    >
      <div class="prose">
        <PersonFacts frame={frame} person={person} />
      </div>
      {person.self && <p class="prose">{people.person.self}</p>}
      {!person.self && untouchable && <p class="prose">{people.person.onlyOwners}</p>}
      {needsFresh && (
        <section class="card prose">
          <ConfirmFirst frame={frame} page="person" id={person.id} />
        </section>
      )}
      <PassSection model={model} />
      {may.changeRole && frame.account.fresh && <RoleSection model={model} />}
      {may.endSessions && <SessionsSection model={model} />}
      {may.remove && <RemoveSection model={model} />}
    </AccountPage>
  );
}

function PersonFacts({ frame: { lang }, person }: { frame: Frame; person: PersonView }) {
  const { account, people } = accountWords(lang);
  const { standing } = person;
  const labels = people.person.facts;
  return (
    <Facts
      facts={[
        {
          label: labels.role,
          value: (
            <>
              {account.roles[person.role]} {person.self && <Badge>{account.you}</Badge>}
            </>
          ),
        },
        {
          label: labels.state,
          value: (
            <>
              <Standing lang={lang} person={person} />
              {standing.state === 'set_up' && (
                <span class="soft">
                  {account.since} <Time at={standing.since} lang={lang} />
                </span>
              )}
            </>
          ),
        },
        {
          label: labels.lastLogin,
          value: person.lastLoginAt === null ? account.never : <Time at={person.lastLoginAt} lang={lang} />,
        },
      ]}
    />
  );
}

function PassSection({ model }: { model: PersonModel }) {
  const { frame, person, pass } = model;
  const words = accountWords(frame.lang).people.person.pass;
  if (!person.may.grantPass && pass === null) return null;
  return (
    <section class="prose" aria-labelledby="pass">
      <h2 id="pass">{words.title}</h2>
      <p>{words.text}</p>
      {pass !== null && (
        <PassNow frame={frame} pass={pass} page={addresses.person(frame.account.slug, person.id)} />
      )}
      {person.may.grantPass && frame.account.fresh && <GrantForm model={model} />}
    </section>
  );
}

function PassNow({ frame, pass, page }: { frame: Frame; pass: PassRowView; page: string }) {
  const words = accountWords(frame.lang).people.person.pass;
  return (
    <>
      <Notice>
        <p>{pass.state === 'unused' ? words.unused : words.inUse}</p>
        <PassTime frame={frame} endsAt={pass.endsAt} startsAt={pass.grantedAt} endsHref={page} />
      </Notice>
      {pass.mayRevoke && (
        <PostButton
          action={`/accounts/${frame.account.slug}/passes/${pass.id}/revoke`}
          label={words.revoke}
        />
      )}
    </>
  );
}

function GrantForm({ model: { frame, person, pass, reason, problems } }: { model: PersonModel }) {
  const words = accountWords(frame.lang).people.person.pass;
  return (
    <Form
      action={`${addresses.person(frame.account.slug, person.id)}/pass`}
      fields={{ instead_of: pass?.id ?? '' }}
    >
      {(pass?.state === 'unused' || pass?.state === 'in_use') && <p>{words.second[pass.state]}</p>}
      <p>{words.sure}</p>
      <TextField
        name="reason"
        label={words.reason}
        hint={words.reasonHint}
        value={reason}
        error={problemOf(problems, 'reason')}
        autocomplete="off"
      />
      <Button>{words.button}</Button>
    </Form>
  );
}

function RoleSection({ model: { frame, person, role, problems } }: { model: PersonModel }) {
  const { account, people } = accountWords(frame.lang);
  const words = people.person.role;
  return (
    <section class="prose" aria-label={words.title}>
      <Form action={`${addresses.person(frame.account.slug, person.id)}/role`}>
        <RadioCards
          name="role"
          legend={<h2>{words.title}</h2>}
          value={role}
          error={problemOf(problems, 'role')}
          options={ROLES.map((value) => ({
            value,
            label: account.roles[value],
            hint: account.roleHints[value],
          }))}
        />
        <Button kind="secondary">{words.button}</Button>
      </Form>
    </section>
  );
}

function SessionsSection({ model: { frame, person } }: { model: PersonModel }) {
  const words = accountWords(frame.lang).people.person.sessions;
  return (
    <section class="prose" aria-labelledby="sessions">
      <h2 id="sessions">{words.title}</h2>
      <p>{words.text}</p>
      <PostButton
        action={`${addresses.person(frame.account.slug, person.id)}/end-sessions`}
        label={words.button}
      />
    </section>
  );
}

function RemoveSection({ model: { frame, person } }: { model: PersonModel }) {
  const words = accountWords(frame.lang).people.person.remove;
  return (
    <section class="prose" aria-labelledby="remove">
      <h2 id="remove">{words.title}</h2>
      <p>{words.text}</p>
      <LinkButton kind="secondary" href={addresses.remove(frame.account.slug, person.id)}>
        {words.link}
      </LinkButton>
    </section>
  );
}
