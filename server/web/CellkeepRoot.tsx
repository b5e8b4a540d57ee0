import { QueryClientProvider } from '@tanstack/react-query';
import type { ReactElement, ReactNode } from 'react';
import type { Connection } from './connection.ts';
import { type Host, HostContext } from './host.ts';
import { SharedContext, sharedOf } from './live/shared.ts';
import './style.css';

/** What every mounted view stands in, in JupyterLab and in the server UI: its host, its connection, its look. */
export function CellkeepRoot({ connection, host, children }: { connection: Connection; host: Host; children: ReactNode }): ReactElement {
  const shared = sharedOf(connection);
  return (
    <HostContext.Provider value={host}>
      <SharedContext.Provider value={shared}>
        <QueryClientProvider client={shared.cache}>
          <div className="ck" data-host={host.kind}>
            {children}
          </div>
        </QueryClientProvider>
      </SharedContext.Provider>
    </HostContext.Provider>
  );
}
