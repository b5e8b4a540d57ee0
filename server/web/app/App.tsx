/** The server UI: who is not logged in sees the login page; everyone else one header and the page of the address. */
import { type ReactElement, useEffect, useMemo, useRef, useState } from 'react';
import { useLocation, useRoute, useSearch } from 'wouter';
import { LoginPage } from '../access/LoginPage.tsx';
import { isLoggedIn, logOut, rememberWanted } from '../access/session.ts';
import { CellkeepRoot } from '../CellkeepRoot.tsx';
import { createConnection } from '../connection.ts';
import { type Host, HostContext } from '../host.ts';
import { takeFirstConnection } from './firstConnection.ts';
import { Shell } from './Shell.tsx';
import { createServerHost } from './serverHost.ts';
import { ToastList } from './ToastList.tsx';
import { createToasts } from './toasts.ts';

export function App(): ReactElement {
  const [, navigate] = useLocation();
  const [isLogin] = useRoute('/login');
  const toasts = useMemo(createToasts, []);
  const host = useMemo(() => createServerHost(navigate, toasts), [navigate, toasts]);
  return (
    <HostContext.Provider value={host}>
      {isLogin ? (
        <div className="ck" data-host="server">
          <LoginPage onLoggedIn={(path) => navigate(path, { replace: true })} />
        </div>
      ) : (
        <Connected host={host} />
      )}
      <div className="ck ck-over">
        <ToastList toasts={toasts} />
      </div>
    </HostContext.Provider>
  );
}

function Connected({ host }: { host: Host }): ReactElement | null {
  const [path, navigate] = useLocation();
  const search = useSearch();
  const wanted = search ? `${path}?${search}` : path;
  const [connection, setConnection] = useState(takeFirstConnection);
  const opened = useRef(connection);

  useEffect(() => {
    const used = opened.current ?? createConnection({ baseUrl: document.baseURI });
    opened.current = null;
    setConnection(used);
    return () => used.close();
  }, []);

  useEffect(() => {
    if (!connection) return;
    let isGone = false;
    // A browser does not tell why a WebSocket was refused; asking over HTTP does.
    const onStatus = async () => {
      if (connection.status.get().state !== 'offline') return;
      const is = await isLoggedIn();
      if (isGone || connection.status.get().state !== 'offline') return;
      if (is === true) connection.retry();
      if (is !== false) return;
      rememberWanted(wanted);
      navigate('/login', { replace: true });
    };
    const stop = connection.status.subscribe(() => void onStatus());
    void onStatus();
    return () => {
      isGone = true;
      stop();
    };
  }, [connection, navigate, wanted]);

  const onLogOut = async () => {
    try {
      await logOut();
      navigate('/login', { replace: true });
    } catch {
      host.notify(host.translate('The server cannot be reached: you are still logged in.'), 'error');
    }
  };
  if (!connection) return null;
  return (
    <CellkeepRoot connection={connection} host={host}>
      <Shell onLogOut={() => void onLogOut()} />
    </CellkeepRoot>
  );
}
