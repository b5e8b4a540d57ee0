DROP INDEX "runs_newest";--> statement-breakpoint
DROP INDEX "runs_newest_of_all";--> statement-breakpoint
-- A Postgres that somebody else keeps may lack the extension, or not let us make it: search then reads the texts one by one.
DO $$
BEGIN
	CREATE EXTENSION IF NOT EXISTS pg_trgm;
	CREATE INDEX "runs_words" ON "runs" USING gin (name gin_trgm_ops,notes gin_trgm_ops);
EXCEPTION WHEN insufficient_privilege OR feature_not_supported OR undefined_file OR undefined_object THEN
	RAISE NOTICE 'no index for words in names and notes: %', SQLERRM;
END $$;--> statement-breakpoint
CREATE INDEX "runs_archived" ON "runs" USING btree ("workspace_id",started_at desc,"id") WHERE archived_at is not null and deleted_at is null;--> statement-breakpoint
CREATE INDEX "runs_newest" ON "runs" USING btree ("experiment_id",started_at desc,"id","archived_at") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "runs_newest_of_all" ON "runs" USING btree ("workspace_id",started_at desc,"id","archived_at") WHERE deleted_at is null;