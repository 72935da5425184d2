import { useState } from 'preact/hooks';
import { Contrasts } from './contrasts.js';
import type { Data, Selection } from './data.js';
import { EvidencePanel } from './evidence-panel.js';
import { Figures } from './figures.js';
import { Header } from './header.js';
import { Judge } from './judge.js';
import { Ledger } from './ledger.js';
import { Methods } from './methods.js';
import { NumberTables } from './number-tables.js';
import { Plots } from './plots.js';
import { Questions } from './questions.js';
import { SensitivityTables } from './sensitivity.js';
import { Triggers } from './triggers.js';
import { Verdicts } from './verdicts.js';

/** The page, in the order in which its reader needs it: verdicts, plots, numbers, answers, what is left out, methods. */
export function App({ data }: { data: Data }) {
  const [selection, setSelection] = useState<Selection | null>(null);
  return (
    <>
      <Header data={data} />
      <main>
        <Verdicts data={data} open={setSelection} />
        <Triggers data={data} />
        <Contrasts data={data} />
        <Figures data={data} />
        <Plots data={data} open={setSelection} />
        <NumberTables data={data} open={setSelection} />
        <Questions data={data} open={setSelection} />
        <Ledger data={data} open={setSelection} />
        <SensitivityTables data={data} />
        <Judge data={data} />
        <Methods data={data} />
      </main>
      {selection && (
        <EvidencePanel
          data={data}
          selection={selection}
          open={setSelection}
          close={() => setSelection(null)}
        />
      )}
    </>
  );
}
