import { type FormEvent, type ReactElement, useEffect, useState } from 'react';
import { useTranslate } from '../host.ts';
import { Brand } from '../look/icons.tsx';
import { isLoggedIn, LoginRefused, logIn, takeWanted } from './session.ts';

type State = { step: 'checking' } | { step: 'asking'; refused: string | null } | { step: 'sending' };

/** The secret of the address, taken out of it: it must not stay where it can be read over a shoulder, bookmarked or shared. */
function takeHash(): string {
  const hash = location.hash.slice(1);
  if (hash) history.replaceState(history.state, '', location.pathname + location.search);
  try {
    return decodeURIComponent(hash);
  } catch {
    return hash; // no escape of ours; the server says that it is wrong
  }
}

/** `/login#<secret>` logs in by itself; else a token is asked for. */
export function LoginPage({ onLoggedIn }: { onLoggedIn: (path: string) => void }): ReactElement {
  const t = useTranslate();
  const [token, setToken] = useState('');
  const [state, setState] = useState<State>({ step: 'checking' });

  const refuse = (error: unknown) => {
    const refused = error instanceof LoginRefused ? error.message : t('The server cannot be reached. Is it running?');
    setState({ step: 'asking', refused });
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: once, with the secret that the page was opened with, and with later ones
  useEffect(() => {
    const done = () => onLoggedIn(takeWanted());
    const tryHash = (): boolean => {
      const login = takeHash();
      if (!login) return false;
      setState({ step: 'checking' });
      logIn({ login }).then(done, refuse);
      return true;
    };
    if (!tryHash())
      void isLoggedIn().then((is) => {
        if (is) done();
        else setState((now) => (now.step === 'checking' ? { step: 'asking', refused: null } : now));
      });
    // A link that is pasted where this page is open already loads nothing: only the hash changes.
    window.addEventListener('hashchange', tryHash);
    return () => window.removeEventListener('hashchange', tryHash);
  }, []);

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const clean = token.trim();
    if (!clean) return;
    setState({ step: 'sending' });
    logIn({ token: clean }).then(() => onLoggedIn(takeWanted()), refuse);
  };

  const refused = state.step === 'asking' ? state.refused : null;
  return (
    <main className="ck-login">
      <form className="ck-login-card" onSubmit={onSubmit} aria-busy={state.step !== 'asking'}>
        <h1>
          <Brand size={26} /> Cellkeep
        </h1>
        {state.step === 'checking' ? (
          <p className="ck-dim" role="status">
            {t('Logging in…')}
          </p>
        ) : (
          <>
            {refused && (
              <p className="ck-login-refused" role="alert">
                {refused}
              </p>
            )}
            <label>
              <span>{t('Token')}</span>
              <input
                className="ck-field ck-mono"
                type="password"
                value={token}
                // biome-ignore lint/a11y/noAutofocus: the one field of this page
                autoFocus
                autoComplete="current-password"
                spellCheck={false}
                aria-invalid={refused !== null}
                onChange={(event) => setToken(event.target.value)}
              />
            </label>
            <button type="submit" className="ck-btn ck-primary" disabled={!token.trim() || state.step === 'sending'}>
              {state.step === 'sending' ? t('Logging in…') : t('Log in')}
            </button>
            <p className="ck-dim">
              {t(
                'The server printed a login link when it started. Without it: a token that somebody gave you, or one from the terminal of the server:',
              )}
            </p>
            <code className="ck-login-command">cellkeep-server token create</code>
          </>
        )}
      </form>
    </main>
  );
}
