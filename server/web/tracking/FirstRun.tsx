import type { ReactElement } from 'react';
import { useHost, useReadable, useTranslate } from '../host.ts';
import { Code } from '../look/Code.tsx';
import { CopyButton } from '../look/CopyButton.tsx';
import { Icon } from '../look/icons.tsx';
import { Empty } from '../look/states.tsx';

/** The one cell that fills an empty view. */
export const firstCell = (experiment?: string): string => `import math, time
import cellkeep

with cellkeep.run("first try", ${experiment ? `experiment=${JSON.stringify(experiment)}, ` : ''}params={"rate": 0.1}):
    for step in range(100):
        cellkeep.log({"loss": math.exp(-step / 25), "accuracy": 1 - math.exp(-step / 20)}, step=step)
        time.sleep(0.05)
`;

/** First use: says what comes here and gives the cell that makes it come. */
export function FirstRun({ experimentName, compact = false }: { experimentName?: string; compact?: boolean }): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const notebook = useReadable(host.notebook);
  const code = firstCell(experimentName);
  const { insertCell } = host;
  return (
    <Empty
      icon="chart"
      title={t('No runs yet')}
      actions={
        <>
          {insertCell && notebook && (
            <button type="button" className="ck-btn ck-primary" onClick={() => insertCell(code)}>
              <Icon name="plus" size={14} /> {t('Insert into notebook')}
            </button>
          )}
          <CopyButton text={code} label={t('Copy the cell')}>
            {t('Copy')}
          </CopyButton>
        </>
      }
    >
      <p>{t('A run appears here, live, as soon as a cell or a script logs its first number.')}</p>
      <Code source={compact ? SHORT : code} />
    </Empty>
  );
}

const SHORT = `import cellkeep

with cellkeep.run("first try"):
    for s in range(1, 100):
        loss = 1 / s
        cellkeep.log(
            {"loss": loss},
            step=s,
        )
`;
