import type { RequestView } from '../../flows/view-account.ts';
import {
  Button,
  Facts,
  Form,
  Notice,
  PostButton,
  type Problem,
  problemOf,
  TextField,
  Time,
} from '../components.tsx';
import { addresses } from './addresses.ts';
import { ConfirmFirst, type Frame } from './frame.tsx';
import { accountWords } from './words.ts';

/** What an admin typed for one request, when it comes back to them. */
export interface TypedAnswer {
  readonly id: string;
  readonly reason: string;
}

export interface RequestsModel {
  readonly frame: Frame;
  readonly requests: readonly RequestView[];
  readonly typed: TypedAnswer | null;
  /** Those of one request name its fields, see `fieldOf`. */
  readonly problems: readonly Problem[];
}

/** Several requests stand on one page, so their fields carry the request's id. */
export const fieldOf = (field: 'number' | 'reason', requestId: string): string => `${field}-${requestId}`;

export function Requests({ model }: { model: RequestsModel }) {
  const words = accountWords(model.frame.lang).passes.requests;
  return (
    <section aria-labelledby="waiting">
      <h2 id="waiting">{words.title}</h2>
      {model.requests.length === 0 && <p class="empty">{words.none}</p>}
      {!model.frame.account.fresh && model.requests.some((request) => request.mayGrant) && (
        <div class="prose">
          <ConfirmFirst frame={model.frame} page="passes" />
        </div>
      )}
      {model.requests.map((request) => (
        <Request key={request.id} model={model} request={request} />
      ))}
    </section>
  );
}

/** P1: what the admin is told before they let somebody in. */
function Request({ model, request }: { model: RequestsModel; request: RequestView }) {
  const { lang } = model.frame;
  const { account, passes } = accountWords(lang);
  const words = passes.requests;
  return (
    <section class="card" aria-labelledby={`of-${request.id}`}>
      <h3 id={`of-${request.id}`}>{request.name}</h3>
      <p class="soft">
        {request.email}, {account.roles[request.role]}
      </p>
      <Facts
        facts={[
          { label: words.facts.browser, value: request.browser },
          { label: words.facts.network, value: request.network || account.unknownNetwork },
          { label: words.facts.at, value: <Time at={request.at} lang={lang} /> },
          { label: words.facts.until, value: <Time at={request.expiresAt} lang={lang} /> },
        ]}
      />
      {request.passwordChangedAt !== null && (
        <Notice
          kind="warning"
          title={
            <>
              {words.changed} <Time at={request.passwordChangedAt} lang={lang} />
            </>
          }
        >
          <p>{words.changedWhy}</p>
        </Notice>
      )}
      <Answer model={model} request={request} />
    </section>
  );
}

function Answer({ model, request }: { model: RequestsModel; request: RequestView }) {
  const { frame } = model;
  const words = accountWords(frame.lang).passes.requests;
  const action = `${addresses.passes(frame.account.slug)}/requests/${request.id}`;
  if (!request.mayGrant) return <p>{request.email === frame.email ? words.own : words.onlyOwners}</p>;
  if (frame.account.fresh) return <AnswerForm model={model} request={request} action={action} />;
  return (
    <>
      <p>{words.call}</p>
      <PostButton action={action} fields={{ action: 'deny' }} label={words.deny} about={request.name} />
    </>
  );
}

function AnswerForm(props: { model: RequestsModel; request: RequestView; action: string }) {
  const { model, request, action } = props;
  const { typed, problems, frame } = model;
  const words = accountWords(frame.lang).passes.requests;
  const number = fieldOf('number', request.id);
  const reason = fieldOf('reason', request.id);
  return (
    <Form action={action} class="prose">
      <p>{words.call}</p>
      <TextField
        name="number"
        id={number}
        label={words.number}
        hint={words.triesLeft(request.triesLeft)}
        error={problemOf(problems, number)}
        inputmode="numeric"
        autocomplete="off"
      />
      <TextField
        name="reason"
        id={reason}
        label={words.reason}
        hint={words.reasonHint}
        value={typed?.id === request.id ? typed.reason : ''}
        error={problemOf(problems, reason)}
        autocomplete="off"
      />
      <div class="actions">
        <Button name="action" value="grant" about={request.name}>
          {words.grant}
        </Button>
        <Button kind="secondary" name="action" value="deny" about={request.name}>
          {words.deny}
        </Button>
      </div>
    </Form>
  );
}
