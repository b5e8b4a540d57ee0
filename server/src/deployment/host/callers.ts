/**
 * Who may ask: tokens of the endpoint, API tokens of users of its workspace, and the server itself, which has checked the caller before it
 * forwards. Tokens of the endpoint are read with its settings; those of users when they first come, and again as soon as they may have
 * changed: a notice clears them, and one that got lost with its connection costs a second at most.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Sql } from 'postgres';
import type { Headers } from './http/head.ts';
import { RateLimit } from './rateLimit.ts';
import { Refusal } from './refusal.ts';

export interface EndpointAccess {
  workspaceId: string;
  isOpen: boolean;
  doorSecret: string;
  /** Requests a second of each token that says nothing else, at all hosts together. */
  ratePerSecond: number | null;
  /** How many there are to be: each grants its part of every rate. */
  hosts: number;
  tokens: readonly EndpointToken[];
}

export interface EndpointToken {
  id: string;
  label: string;
  /** Hex of its SHA-256. */
  hash: string;
  ratePerSecond: number | null;
  /** ms since the epoch */
  expiresAt: number | null;
}

export interface Asker {
  /** What the log calls it. */
  label: string;
  /** ms since the epoch; a token ends on its own. */
  until: number;
  limit: RateLimit | null;
  /** Tokens of the endpoint tell when they were last used. */
  tokenId: string | null;
  usedAt: number;
  /** Right until the generation changes; users are looked at again. */
  isFixed: boolean;
}

/** ms for which a user's token is believed without a look; half of it later somebody looks meanwhile. */
const BELIEVED = 1_000;
const LOOK_AFTER = 500;
const MOST_REMEMBERED = 10_000;
/** ms for which known users may go on asking while the database is away */
const WITHOUT_DATABASE = 3_600_000;

interface RememberedUser {
  asker: Asker;
  lookedAt: number;
  isLooking: boolean;
}

export interface Callers {
  /** Goes up when anything that was found before may be wrong now. */
  readonly generation: number;
  set: (access: EndpointAccess) => void;
  /** Users and their tokens have changed. */
  forgetUsers: () => void;
  /** At once where it is known. @throws Refusal */
  find: (headers: Headers) => Asker | Promise<Asker>;
  /** Tokens of the endpoint that were used since the last call. */
  takeUsed: () => string[];
}

const ANYBODY = 'anybody';

export function createCallers(sql: Sql, now: () => number = Date.now): Callers {
  let access: EndpointAccess | null = null;
  let generation = 0;
  let byHash = new Map<string, Asker>();
  let known = new Map<string, Asker>();
  let door = Buffer.alloc(0);
  let anybody: Asker | null = null;
  const users = new Map<string, RememberedUser>();
  const limits = new Map<string, RateLimit>();
  const fromDoor = new Map<string, Asker>();

  /** Kept over changes of the settings, so that nobody gets a full bucket by them. */
  const limitOf = (key: string, ratePerSecond: number | null): RateLimit | null => {
    if (ratePerSecond === null) {
      limits.delete(key);
      return null;
    }
    const there = limits.get(key);
    const hosts = access?.hosts ?? 1;
    if (there?.ratePerSecond === ratePerSecond && there.hosts === hosts) return there;
    if (limits.size >= MOST_REMEMBERED) limits.clear();
    const made = new RateLimit(ratePerSecond, hosts);
    limits.set(key, made);
    return made;
  };
  const askerOf = (
    key: string,
    label: string,
    rate: number | null,
    until = Number.POSITIVE_INFINITY,
    tokenId: string | null = null,
  ): Asker => {
    return { label, until, limit: limitOf(key, rate), tokenId, usedAt: 0, isFixed: !key.startsWith('user ') };
  };

  async function lookUp(secret: string): Promise<Asker | null> {
    const hash = createHash('sha256').update(secret).digest();
    const [row] = await sql<{ id: string; name: string; expiresAt: Date | null }[]>`
      select t.id, u.name, t.expires_at as "expiresAt" from tokens t join users u on u.id = t.user_id
      where t.hash = ${hash} and not u.disabled and u.workspace_id = ${access?.workspaceId ?? null}`;
    const until = row?.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY;
    return row && until > now() ? askerOf(`user ${row.id}`, row.name, access?.ratePerSecond ?? null, until) : null;
  }

  async function look(secret: string): Promise<Asker | null> {
    const asked = generation;
    const remembered = users.get(secret);
    if (remembered) remembered.isLooking = true;
    try {
      const asker = await lookUp(secret);
      // Read before a change, perhaps: true now, but not to be remembered.
      if (!asker || asked !== generation) users.delete(secret);
      if (asker && asked === generation) {
        if (users.size >= MOST_REMEMBERED) users.clear();
        users.set(secret, { asker: remembered ? Object.assign(remembered.asker, asker) : asker, lookedAt: now(), isLooking: false });
      }
      return asker;
    } catch (error) {
      if (remembered) remembered.isLooking = false;
      throw error;
    }
  }

  async function userOf(secret: string): Promise<Asker> {
    const remembered = users.get(secret);
    try {
      const found = await look(secret);
      if (found) return found;
    } catch (cause) {
      // Nobody can be revoked meanwhile either.
      if (remembered && now() - remembered.lookedAt < WITHOUT_DATABASE) return remembered.asker;
      throw new Refusal(
        'SERVICE_UNAVAILABLE',
        { field: 'authorization', reason: 'the database that knows this token does not answer' },
        { retryAfter: 1, cause },
      );
    }
    throw unauthorized(true);
  }

  function findUser(secret: string): Asker | Promise<Asker> {
    const remembered = users.get(secret);
    const age = remembered ? now() - remembered.lookedAt : Number.POSITIVE_INFINITY;
    if (!remembered || age > BELIEVED || remembered.asker.until <= now()) return userOf(secret);
    if (age > LOOK_AFTER && !remembered.isLooking) look(secret).catch(() => {});
    return remembered.asker;
  }

  function doorCaller(given: string, headers: Headers): Asker {
    const bytes = Buffer.from(given);
    if (bytes.length !== door.length || !timingSafeEqual(bytes, door))
      throw new Refusal('UNAUTHORIZED', { field: 'x-cellkeep-door', reason: 'this is not the door of the endpoint' });
    const label = headers.get('x-cellkeep-caller') ?? '';
    const there = fromDoor.get(label);
    if (there) return there;
    if (fromDoor.size >= MOST_REMEMBERED) fromDoor.clear();
    const made = askerOf(`door ${label}`, label, access?.ratePerSecond ?? null);
    fromDoor.set(label, made);
    return made;
  }

  function ofToken(secret: string): Asker | null {
    const found = known.get(secret) ?? byHash.get(createHash('sha256').update(secret).digest('hex')) ?? null;
    if (!found) return null;
    if (!known.has(secret)) known.set(secret, found);
    return found.until > now() ? found : null;
  }

  return {
    get generation() {
      return generation;
    },
    set(next) {
      access = next;
      generation += 1;
      door = Buffer.from(next.doorSecret);
      known = new Map();
      fromDoor.clear();
      byHash = new Map(
        next.tokens.map((token) => {
          const asker = askerOf(
            `token ${token.id}`,
            token.label,
            token.ratePerSecond ?? next.ratePerSecond,
            token.expiresAt ?? undefined,
            token.id,
          );
          return [token.hash, asker];
        }),
      );
      anybody = next.isOpen ? askerOf(ANYBODY, '', next.ratePerSecond) : null;
    },
    forgetUsers() {
      generation += 1;
      for (const remembered of users.values()) remembered.lookedAt = Math.min(remembered.lookedAt, now() - BELIEVED - 1);
    },
    find(headers) {
      const given = headers.get('x-cellkeep-door');
      if (given !== undefined) return doorCaller(given, headers);
      const secret = secretOf(headers.get('authorization'));
      const asker = secret === null ? null : ofToken(secret);
      if (asker) {
        asker.usedAt = now();
        return asker;
      }
      if (anybody) return anybody;
      if (secret === null) throw unauthorized(false);
      return findUser(secret);
    },
    takeUsed() {
      const used: string[] = [];
      for (const asker of byHash.values()) {
        if (asker.tokenId !== null && asker.usedAt > 0) used.push(asker.tokenId);
        asker.usedAt = 0;
      }
      return used;
    },
  };
}

/** `Bearer`, or `Basic` with the token as the password. */
function secretOf(header: string | undefined): string | null {
  if (header === undefined) return null;
  const [, scheme = '', given = ''] = /^(\S+)\s+(\S+)$/.exec(header) ?? [];
  if (/^bearer$/i.test(scheme)) return given;
  if (!/^basic$/i.test(scheme)) return null;
  const text = Buffer.from(given, 'base64').toString('utf8');
  return text.slice(text.indexOf(':') + 1);
}

function unauthorized(wasGiven: boolean): Refusal {
  const reason = wasGiven ? 'this token is unknown, expired or revoked' : 'no token came with the request';
  return new Refusal('UNAUTHORIZED', { field: 'authorization', reason, remedy: 'send "Authorization: Bearer <token>"' });
}
