/** Model cards: what people wrote, by section; the rest is made from what is known at the moment somebody reads it. */
import type { ModelCard } from '@cellkeep/schema/registry';
import type { CallContext, Db } from '../../core/context.ts';
import { failure } from '../../core/failure.ts';
import { inOneChange } from '../change.ts';
import { requireVersion, subjectOf } from '../readVersions.ts';
import { lockModel, requireModel } from '../registeredModels.ts';
import { requireDetails } from '../version/details.ts';
import { factsOf } from '../version/facts.ts';
import type { WhereServed } from '../version/whereServed.ts';
import { SECTIONS, type SectionKey } from './sections.ts';

type Texts = Partial<Record<SectionKey, string>>;
interface Written {
  texts: Texts;
  revision: number;
  editedBy: string | null;
  editedAt: number | null;
}

interface Key {
  name: string;
  version: number;
}

export async function readCard(context: CallContext, where: WhereServed, key: Key): Promise<ModelCard> {
  const { sql, caller } = context;
  const model = await requireModel(sql, caller.workspaceId, key.name);
  const details = await requireDetails(context, where, key);
  const [facts, { texts, revision, editedBy, editedAt }] = await Promise.all([
    factsOf(sql, caller.workspaceId, model.id, details),
    writtenOf(sql, model.id, key.version),
  ]);
  const sections = SECTIONS.map(({ key, title, write }) => {
    const text = texts[key];
    return { key, title, text: text ?? write(facts).slice(0, MOST_TEXT), generated: text === undefined };
  });
  return { sections, editedBy, editedAt, revision };
}

const MOST_TEXT = 65_536;

async function writtenOf(db: Db, modelId: string, version: number): Promise<Written> {
  const [row] = await db<(Omit<Written, 'editedAt'> & { editedAt: Date })[]>`
    select c.texts, c.revision, u.name as "editedBy", c.edited_at as "editedAt" from model_cards c join users u on u.id = c.user_id
    where c.model_id = ${modelId} and c.version = ${version}`;
  return row ? { ...row, editedAt: row.editedAt.getTime() } : { texts: {}, revision: 0, editedBy: null, editedAt: null };
}

interface Edit extends Key {
  sections: { key: string; text: string }[];
  revision: number;
}

/**
 * A section whose text is empty is made from what is known again; one that is not named stays as it is.
 * @throws CONFLICT where another edit came before
 */
export function putCard(context: CallContext, { name, version, sections, revision }: Edit): Promise<void> {
  const { caller, now } = context;
  const known = new Map(SECTIONS.map(({ key }) => [key as string, key]));
  const strangers = sections.flatMap(({ key }, i) =>
    known.has(key) ? [] : [{ field: `sections[${i}].key`, reason: `a card has no section ${JSON.stringify(key)}` }],
  );
  if (strangers.length > 0) throw failure('BAD_REQUEST', strangers);
  return inOneChange(context, async (tx, { events }) => {
    const model = await lockModel(tx, caller.workspaceId, name);
    await requireVersion(tx, model, version);
    const before = await writtenOf(tx, model.id, version);
    if (before.revision !== revision) {
      const reason = `${before.editedBy} has edited the card meanwhile: it is at revision ${before.revision}, and ${revision} was read`;
      throw failure('CONFLICT', { field: 'revision', reason, remedy: 'read it again, then put your changes into what is there now' });
    }
    const texts: Texts = { ...before.texts };
    for (const { key, text } of sections) {
      if (text.trim() === '') delete texts[known.get(key) as SectionKey];
      else texts[known.get(key) as SectionKey] = text;
    }
    await tx`
      insert into model_cards (model_id, version, texts, revision, user_id, edited_at)
      values (${model.id}, ${version}, ${tx.json(texts)}, ${revision + 1}, ${caller.userId}, ${new Date(now())})
      on conflict (model_id, version) do update set texts = excluded.texts, revision = excluded.revision, user_id = excluded.user_id,
        edited_at = excluded.edited_at`;
    const data = { name, version, sections: sections.map(({ key }) => key), revision: revision + 1 };
    events.push({ what: 'model-card.edited', subject: subjectOf(model.id, version), before: before.texts, after: texts, data });
  });
}
