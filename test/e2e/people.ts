/** More than one person: users of roles, each in a browser of their own. */
import type { Role } from '@cellkeep/schema/access';
import type { Browser, BrowserContext, Page } from '@playwright/test';
import { type Cellkeep, type Client, clientOf } from './fixtures.ts';
import { logIn } from './runs.ts';

export interface Somebody {
  id: string;
  name: string;
  client: Client;
  page: Page;
  context: BrowserContext;
}

/** A new user, logged in in a browser of their own, on a page of the server UI. */
export async function somebody(
  browser: Browser,
  cellkeep: Cellkeep,
  { name, role = 'editor', path = '/experiments' }: { name: string; role?: Role; path?: string },
): Promise<Somebody> {
  const { user } = await cellkeep.client.access.users.create({ name, role });
  const { secret } = await cellkeep.client.access.tokens.create({ label: 'browser', userId: user.id });
  const context = await browser.newContext({ viewport: { width: 1360, height: 820 } });
  const page = await context.newPage();
  await logIn(page, cellkeep, { token: secret });
  await page.goto(cellkeep.url + path);
  return { id: user.id, name, client: clientOf({ url: cellkeep.url, token: secret }), page, context };
}

/** Users of one server have names of their own. */
export const named = (name: string): string => `${name} ${crypto.randomUUID().slice(0, 6)}`;
