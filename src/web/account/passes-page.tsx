import type { ComponentChildren } from 'preact';
import type { PassRowView, RequestView } from '../../flows/view-account.ts';
import {
  Button,
  Facts,
  Form,
  Notice,
  PostButton,
  type Problem,
  problemOf,
  Table,
  TextField,
  Time,
  TimeLeft,
} from '../components.tsx';
import { addresses } from './addresses.ts';
import { AccountPage, ConfirmFirst, type Frame } from './frame.tsx';
import { accountWords } from './words.ts';

/** What an admin typed for one request, when it comes back to them. */
export interface TypedAnswer {
  readonly id: string;
  readonly reason: string;
}

export interface PassesModel {
  readonly frame: Frame;
  readonly requests: readonly RequestView[];
  readonly passes: readonly PassRowView[];
  readonly typed: TypedAnswer | null;
  /** Those of one request name its fields, see `fieldOf`. */
  readonly problems: readonly Problem[];
  readonly done: string | undefined;
}

/** Several requests stand on one page, so their fields carry the request's id. */
export const fieldOf = (field: 'number' | 'reason', requestId: string): string => `${field}-${requestId}`;

/** `/accounts/:slug/passes`: who waits, who is in, who was. */
export function PassesPage({ model }: { model: PassesModel }) {
  const { frame, requests, passes, problems, done } = model;
  const words = accountWords(frame.lang).passes;
  const mandates = frame.account.mandate !== null;
  const of = (state: PassRowView['state']) => passes.filter((pass) => pass.state === state);
  const unused = of('unused');
  return (
    <AccountPage
      frame={frame}
      current="passes"
      title={words.title}
      lead={mandates ? words.lead : words.notMandated}
      problems={problems}
      done={done}
    >
      {(mandates || requests.length > 0) && <Requests model={model} />}
      {mandates && <InForce frame={frame} passes={of('in_use')} />}
      {unused.length > 0 && <Unused frame={frame} passes={unused} />}
      <Past frame={frame} passes={of('over')} />
    </AccountPage>
  );
}

function Requests({ model }: { model: PassesModel }) {
  const words = accountWords(model.frame.lang).passes.requests;
  return (
    <section aria-labelledby="waiting">
      <h2 id="waiting">{words.title}</h2>
      {model.requests.length === 0 && <p class="empty">{words.none}</p>}
      {model.requests.map((request) => (
        <Request key={request.id} model={model} request={request} />
      ))}
    </section>
  );
}

/** P1: what the admin is told before they let somebody in. */
function Request({ model, request }: { model: PassesModel; request: RequestView }) {
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

function Answer({ model, request }: { model: PassesModel; request: RequestView }) {
  const { frame } = model;
  const words = accountWords(frame.lang).passes.requests;
  const action = `${addresses.passes(frame.account.slug)}/requests/${request.id}`;
  if (!request.mayGrant) return <p>{request.email === frame.email ? words.own : words.onlyOwners}</p>;
  if (frame.account.fresh) return <AnswerForm model={model} request={request} action={action} />;
  return (
    <>
      <p>{words.call}</p>
      <ConfirmFirst frame={frame} page="passes" />
      <PostButton action={action} fields={{ action: 'deny' }} label={words.deny} about={request.name} />
    </>
  );
}

function AnswerForm(props: { model: PassesModel; request: RequestView; action: string }) {
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

interface PassTableProps {
  frame: Frame;
  passes: readonly PassRowView[];
}

function InForce({ frame, passes }: PassTableProps) {
  const words = accountWords(frame.lang).passes;
  const left = (pass: PassRowView) => (
    <TimeLeft
      now={frame.now}
      endsAt={pass.endsAt}
      startsAt={pass.grantedAt}
      label={words.inForce.left}
      lang={frame.lang}
    />
  );
  return (
    <section aria-labelledby="in-force">
      <h2 id="in-force">{words.inForce.title}</h2>
      <Passes
        frame={frame}
        title={words.inForce.title}
        empty={words.inForce.none}
        passes={passes}
        end={left}
      />
    </section>
  );
}

function Unused({ frame, passes }: PassTableProps) {
  const words = accountWords(frame.lang).passes;
  const until = (pass: PassRowView) => (
    <>
      {words.unused.until} <Time at={pass.endsAt} lang={frame.lang} />
    </>
  );
  return (
    <section aria-labelledby="unused">
      <h2 id="unused">{words.unused.title}</h2>
      <Passes frame={frame} title={words.unused.title} passes={passes} end={until} />
    </section>
  );
}

function Past({ frame, passes }: PassTableProps) {
  const words = accountWords(frame.lang).passes;
  const end = (pass: PassRowView) => (
    <>
      {words.ended(pass.endedBy)}
      {pass.activatedAt === null && `, ${words.neverUsed}`}
      <div class="soft">
        <Time at={pass.endedAt ?? pass.endsAt} lang={frame.lang} />
      </div>
    </>
  );
  return (
    <section aria-labelledby="past">
      <h2 id="past">{words.past.title}</h2>
      <Passes
        frame={frame}
        title={words.past.title}
        empty={words.past.none}
        passes={passes}
        end={end}
        isOver
      />
    </section>
  );
}

interface PassesTableProps extends PassTableProps {
  title: string;
  empty?: string;
  isOver?: boolean;
  end: (pass: PassRowView) => ComponentChildren;
}

function Passes({ frame, title, empty, passes, end, isOver = false }: PassesTableProps) {
  const words = accountWords(frame.lang).passes;
  const { person, reason, granted, end: ends, actions } = words.columns;
  const columns = [{ label: person }, { label: reason }, { label: granted }, { label: ends }];
  return (
    <Table
      caption={title}
      captionHidden
      columns={isOver ? columns : [...columns, { label: actions, labelHidden: true, align: 'end' }]}
      rows={passes.map((pass) => ({
        key: pass.id,
        cells: [
          <>
            {pass.name}
            <div class="soft">{pass.email}</div>
          </>,
          <>
            {pass.reason}
            <div class="soft">{words.kinds[pass.kind]}</div>
          </>,
          <Granted key="granted" frame={frame} pass={pass} />,
          end(pass),
          pass.mayRevoke && (
            <PostButton
              key="revoke"
              action={`${addresses.passes(frame.account.slug)}/${pass.id}/revoke`}
              label={words.revoke}
              about={pass.name}
            />
          ),
        ],
      }))}
      empty={empty}
    />
  );
}

function Granted({ frame, pass }: { frame: Frame; pass: PassRowView }) {
  const words = accountWords(frame.lang).passes;
  const granter = pass.byOperator ? words.operator : (pass.granter ?? words.somebodyGone);
  return (
    <>
      <Time at={pass.grantedAt} lang={frame.lang} />
      <div class="soft">{words.by(granter)}</div>
    </>
  );
}
