CREATE TABLE "checkpoints" (
	"id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"session_id" uuid NOT NULL,
	"notebook_id" uuid,
	"snapshot_id" uuid,
	"label" text NOT NULL,
	"taken_at" bigint NOT NULL,
	"python" text NOT NULL,
	"variables" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "environments" (
	"workspace_id" uuid NOT NULL,
	"digest" "bytea" NOT NULL,
	"body" jsonb NOT NULL,
	CONSTRAINT "environments_workspace_id_digest_pk" PRIMARY KEY("workspace_id","digest")
);
--> statement-breakpoint
CREATE TABLE "parts" (
	"workspace_id" uuid NOT NULL,
	"digest" "bytea" NOT NULL,
	"kind" text NOT NULL,
	"size" bigint NOT NULL,
	"body" "bytea",
	"put_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "parts_workspace_id_digest_pk" PRIMARY KEY("workspace_id","digest")
);
--> statement-breakpoint
CREATE TABLE "run_snapshots" (
	"run_id" uuid NOT NULL,
	"snapshot_id" uuid NOT NULL,
	"reason" text NOT NULL,
	CONSTRAINT "run_snapshots_run_id_snapshot_id_reason_pk" PRIMARY KEY("run_id","snapshot_id","reason")
);
--> statement-breakpoint
CREATE TABLE "snapshots" (
	"id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"notebook_id" uuid,
	"session_id" uuid,
	"reason" text NOT NULL,
	"label" text NOT NULL,
	"taken_at" bigint NOT NULL,
	"last_order" integer,
	"kernel" jsonb,
	"document_from" text,
	"document" "bytea",
	"document_digest" "bytea",
	"cell_count" integer DEFAULT 0 NOT NULL,
	"finding_count" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "verdicts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"run_id" uuid,
	"snapshot_id" uuid,
	"schedule_id" uuid,
	"status" text NOT NULL,
	"where" text NOT NULL,
	"options" jsonb NOT NULL,
	"progress" jsonb NOT NULL,
	"findings" jsonb,
	"cancel_asked" boolean DEFAULT false NOT NULL,
	"heartbeat_at" timestamp (3) with time zone,
	"asked_at" timestamp (3) with time zone NOT NULL,
	"started_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "verify_schedules" (
	"id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"run_id" uuid NOT NULL,
	"every_hours" integer NOT NULL,
	"options" jsonb NOT NULL,
	"next_at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "executions" ADD COLUMN "flow" jsonb;--> statement-breakpoint
ALTER TABLE "executions" ADD COLUMN "outputs" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "verdict" jsonb;--> statement-breakpoint
ALTER TABLE "checkpoints" ADD CONSTRAINT "checkpoints_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "checkpoints" ADD CONSTRAINT "checkpoints_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "checkpoints" ADD CONSTRAINT "checkpoints_notebook_id_notebooks_id_fk" FOREIGN KEY ("notebook_id") REFERENCES "public"."notebooks"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "environments" ADD CONSTRAINT "environments_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "parts" ADD CONSTRAINT "parts_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_snapshots" ADD CONSTRAINT "run_snapshots_snapshot_id_snapshots_id_fk" FOREIGN KEY ("snapshot_id") REFERENCES "public"."snapshots"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "snapshots" ADD CONSTRAINT "snapshots_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "snapshots" ADD CONSTRAINT "snapshots_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "snapshots" ADD CONSTRAINT "snapshots_notebook_id_notebooks_id_fk" FOREIGN KEY ("notebook_id") REFERENCES "public"."notebooks"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "verdicts" ADD CONSTRAINT "verdicts_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "verdicts" ADD CONSTRAINT "verdicts_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "verdicts" ADD CONSTRAINT "verdicts_snapshot_id_snapshots_id_fk" FOREIGN KEY ("snapshot_id") REFERENCES "public"."snapshots"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "verify_schedules" ADD CONSTRAINT "verify_schedules_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "verify_schedules" ADD CONSTRAINT "verify_schedules_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "checkpoints_notebook" ON "checkpoints" USING btree ("notebook_id",taken_at desc,"id");--> statement-breakpoint
CREATE INDEX "checkpoints_newest" ON "checkpoints" USING btree ("workspace_id",taken_at desc,"id");--> statement-breakpoint
CREATE INDEX "parts_blobs" ON "parts" USING btree ("digest") WHERE body is null;--> statement-breakpoint
CREATE INDEX "run_snapshots_snapshot" ON "run_snapshots" USING btree ("snapshot_id");--> statement-breakpoint
CREATE INDEX "snapshots_notebook" ON "snapshots" USING btree ("notebook_id",taken_at desc,"id");--> statement-breakpoint
CREATE INDEX "snapshots_session" ON "snapshots" USING btree ("session_id",taken_at desc) WHERE session_id is not null;--> statement-breakpoint
CREATE INDEX "snapshots_newest" ON "snapshots" USING btree ("workspace_id",taken_at desc,"id");--> statement-breakpoint
CREATE INDEX "verdicts_run" ON "verdicts" USING btree ("run_id",asked_at desc);--> statement-breakpoint
CREATE INDEX "verdicts_newest" ON "verdicts" USING btree ("workspace_id",asked_at desc,"id");--> statement-breakpoint
CREATE INDEX "verdicts_open" ON "verdicts" USING btree ("status","asked_at") WHERE status in ('queued', 'running');--> statement-breakpoint
CREATE INDEX "verify_schedules_next" ON "verify_schedules" USING btree ("next_at");--> statement-breakpoint
CREATE INDEX "verify_schedules_run" ON "verify_schedules" USING btree ("run_id");