import type { PassRowView } from '../../flows/view-account.ts';
import { AccountPage } from './frame.tsx';
import { Requests, type RequestsModel } from './pass-requests.tsx';
import { InForce, Past, Unused } from './pass-tables.tsx';
import { accountWords } from './words.ts';

export interface PassesModel extends RequestsModel {
  readonly passes: readonly PassRowView[];
  readonly done: string | undefined;
}

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
