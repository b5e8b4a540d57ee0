import type { ReactElement } from 'react';
import { useHost, useReadable, useTranslate } from '../host.ts';
import { Code } from '../look/Code.tsx';
import { CopyButton } from '../look/CopyButton.tsx';
import { Icon } from '../look/icons.tsx';
import { Empty } from '../look/states.tsx';

/** The one cell that makes the first endpoint: a model, and its way out. */
export const FIRST_DEPLOY = `import cellkeep
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

X, y = load_iris(return_X_y=True, as_frame=True)
model = LogisticRegression(max_iter=500).fit(X, y)
cellkeep.deploy(model, name="iris", example=X[:5])
`;

/** First use: says what comes here and gives the cell that makes it come. */
export function FirstEndpoint({ compact = false }: { compact?: boolean }): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const notebook = useReadable(host.notebook);
  const { insertCell } = host;
  return (
    <Empty
      icon="rocket"
      title={t('No endpoints yet')}
      actions={
        <>
          {insertCell && notebook && (
            <button type="button" className="ck-btn ck-primary" onClick={() => insertCell(FIRST_DEPLOY)}>
              <Icon name="plus" size={14} /> {t('Insert into notebook')}
            </button>
          )}
          <CopyButton text={FIRST_DEPLOY} label={t('Copy the cell')}>
            {t('Copy')}
          </CopyButton>
        </>
      }
    >
      <p>
        {host.promote
          ? t('Fit a model in this notebook and press Promote… below its cell, or run this cell:')
          : t('A model becomes an endpoint by Promote… at its cell, on its run or its version, or by a cell like this:')}
      </p>
      <Code source={compact ? SHORT : FIRST_DEPLOY} />
    </Empty>
  );
}

const SHORT = `cellkeep.deploy(
    model,
    name="late-flights",
    example=X[:5],
)
`;
