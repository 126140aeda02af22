import type { ComponentChildren } from 'preact';
import type { PassRowView } from '../../flows/view-account.ts';
import { PostButton, Table, Time } from '../components.tsx';
import { addresses } from './addresses.ts';
import { type Frame, PassTime } from './frame.tsx';
import { accountWords } from './words.ts';

interface PassTableProps {
  frame: Frame;
  passes: readonly PassRowView[];
}

export function InForce({ frame, passes }: PassTableProps) {
  const words = accountWords(frame.lang).passes;
  const left = (pass: PassRowView) => (
    <PassTime
      frame={frame}
      endsAt={pass.endsAt}
      startsAt={pass.grantedAt}
      endsHref={addresses.passes(frame.account.slug)}
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

export function Unused({ frame, passes }: PassTableProps) {
  const words = accountWords(frame.lang).passes;
  const until = (pass: PassRowView) => (
    <p>
      {words.unused.until} <Time at={pass.endsAt} lang={frame.lang} />
    </p>
  );
  return (
    <section aria-labelledby="unused">
      <h2 id="unused">{words.unused.title}</h2>
      <Passes frame={frame} title={words.unused.title} passes={passes} end={until} />
    </section>
  );
}

export function Past({ frame, passes }: PassTableProps) {
  const words = accountWords(frame.lang).passes;
  const end = (pass: PassRowView) => (
    <div>
      {words.ended(pass.endedBy)}
      {pass.activatedAt === null && `, ${words.neverUsed}`}
      <div class="soft">
        <Time at={pass.endedAt ?? pass.endsAt} lang={frame.lang} />
      </div>
    </div>
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
  // Of a pass that has not ended the cell says by itself what it is, and takes the whole width of a phone.
  const columns = [{ label: person }, { label: reason }, { label: granted }, { label: ends, wide: !isOver }];
  return (
    <Table
      caption={title}
      captionHidden
      columns={isOver ? columns : [...columns, { label: actions, wide: true, align: 'end' }]}
      rows={passes.map((pass) => ({
        key: pass.id,
        cells: [
          <div key="person">
            {pass.name}
            <div class="soft">{pass.email}</div>
          </div>,
          <div key="reason">
            <p>{pass.reason}</p>
            <p class="soft">{words.kinds[pass.kind]}</p>
          </div>,
          <Granted key="granted" frame={frame} pass={pass} />,
          end(pass),
          pass.mayRevoke && (
            <div key="revoke" class="actions">
              <PostButton
                action={`${addresses.passes(frame.account.slug)}/${pass.id}/revoke`}
                label={words.revoke}
                about={pass.name}
              />
            </div>
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
    <div>
      <Time at={pass.grantedAt} lang={frame.lang} />
      <p class="soft">{words.by(granter)}</p>
    </div>
  );
}
