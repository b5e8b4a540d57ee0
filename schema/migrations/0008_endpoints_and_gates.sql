CREATE TABLE "batches" (
	"id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"model_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"input" jsonb NOT NULL,
	"input_digest" text NOT NULL,
	"status" text NOT NULL,
	"rows_done" bigint DEFAULT 0 NOT NULL,
	"rows_total" bigint,
	"rows_failed" bigint DEFAULT 0 NOT NULL,
	"error" text,
	"output" jsonb,
	"user_id" uuid NOT NULL,
	"asked_at" timestamp (3) with time zone NOT NULL,
	"started_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	"heartbeat_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "endpoint_tokens" (
	"id" uuid PRIMARY KEY NOT NULL,
	"endpoint_id" uuid NOT NULL,
	"label" text NOT NULL,
	"prefix" text NOT NULL,
	"hash" "bytea" NOT NULL,
	"rate_per_second" double precision,
	"user_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"last_used_at" timestamp (3) with time zone,
	"expires_at" timestamp (3) with time zone,
	CONSTRAINT "endpoint_tokens_hash_unique" UNIQUE("hash")
);
--> statement-breakpoint
CREATE TABLE "endpoints" (
	"id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"name" text NOT NULL,
	"description" text NOT NULL,
	"settings" jsonb NOT NULL,
	"wanted" text NOT NULL,
	"port" integer,
	"generation" bigint DEFAULT 1 NOT NULL,
	"door_secret" text NOT NULL,
	"last_request_at" timestamp (3) with time zone,
	"asleep_at" timestamp (3) with time zone,
	"user_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	"deleted_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "feedback" (
	"prediction_id" text NOT NULL,
	"row" integer NOT NULL,
	"endpoint_id" uuid NOT NULL,
	"release_id" uuid NOT NULL,
	"value" double precision NOT NULL,
	"label" text,
	"user_id" uuid NOT NULL,
	"at" bigint NOT NULL,
	CONSTRAINT "feedback_prediction_id_row_pk" PRIMARY KEY("prediction_id","row")
);
--> statement-breakpoint
CREATE TABLE "host_lines" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "host_lines_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"endpoint_id" uuid NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"host" text NOT NULL,
	"stream" text NOT NULL,
	"text" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "hosts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"endpoint_id" uuid NOT NULL,
	"machine" text NOT NULL,
	"address" text NOT NULL,
	"pid" bigint NOT NULL,
	"life" text DEFAULT '' NOT NULL,
	"state" text NOT NULL,
	"generation" bigint DEFAULT 0 NOT NULL,
	"loaded" jsonb NOT NULL,
	"refused" jsonb NOT NULL,
	"restarts" integer DEFAULT 0 NOT NULL,
	"message" text DEFAULT '' NOT NULL,
	"rss_bytes" bigint,
	"started_at" timestamp (3) with time zone NOT NULL,
	"seen_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "prediction_chunks" (
	"life" bigint NOT NULL,
	"first_number" bigint NOT NULL,
	"last_number" bigint NOT NULL,
	"endpoint_id" uuid NOT NULL,
	"first_at" bigint NOT NULL,
	"last_at" bigint NOT NULL,
	"requests" integer NOT NULL,
	"errors" integer NOT NULL,
	"payload" "bytea" NOT NULL,
	CONSTRAINT "prediction_chunks_life_first_number_pk" PRIMARY KEY("life","first_number")
);
--> statement-breakpoint
CREATE TABLE "promotions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"source" jsonb NOT NULL,
	"model_name" text NOT NULL,
	"endpoint" text,
	"options" jsonb NOT NULL,
	"where" text NOT NULL,
	"status" text NOT NULL,
	"steps" jsonb NOT NULL,
	"error" text,
	"version" integer,
	"logged_model_id" text,
	"release_id" uuid,
	"trust_user" text,
	"needs_python" boolean NOT NULL,
	"made" jsonb,
	"user_id" uuid NOT NULL,
	"asked_at" timestamp (3) with time zone NOT NULL,
	"started_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	"heartbeat_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "ray_deployments" (
	"id" uuid PRIMARY KEY NOT NULL,
	"endpoint_id" uuid NOT NULL,
	"release_id" uuid NOT NULL,
	"address" text NOT NULL,
	"application" text NOT NULL,
	"route_prefix" text NOT NULL,
	"replicas" integer NOT NULL,
	"status" text NOT NULL,
	"message" text DEFAULT '' NOT NULL,
	"deleted" boolean DEFAULT false NOT NULL,
	"user_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"checked_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "releases" (
	"id" uuid PRIMARY KEY NOT NULL,
	"endpoint_id" uuid NOT NULL,
	"number" integer NOT NULL,
	"model_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"logged_model_id" text NOT NULL,
	"runtime" text NOT NULL,
	"how" text NOT NULL,
	"role" text NOT NULL,
	"weight" double precision NOT NULL,
	"weight_before" double precision,
	"header" jsonb,
	"plan" jsonb,
	"canary" jsonb,
	"message" text DEFAULT '' NOT NULL,
	"notebook_path" text,
	"user_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"live_at" timestamp (3) with time zone,
	"retired_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "spread_counts" (
	"release_id" uuid NOT NULL,
	"at" bigint NOT NULL,
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"missing" bigint NOT NULL,
	"counts" bigint[] NOT NULL,
	CONSTRAINT "spread_counts_release_id_at_kind_name_pk" PRIMARY KEY("release_id","at","kind","name")
);
--> statement-breakpoint
CREATE TABLE "traffic_counts" (
	"endpoint_id" uuid NOT NULL,
	"release_id" uuid NOT NULL,
	"at" bigint NOT NULL,
	"requests" bigint NOT NULL,
	"rows" bigint NOT NULL,
	"client_errors" bigint NOT NULL,
	"server_errors" bigint NOT NULL,
	"rejected" bigint NOT NULL,
	"latencies" bigint[] NOT NULL,
	"compared" bigint DEFAULT 0 NOT NULL,
	"differing" bigint DEFAULT 0 NOT NULL,
	"failed" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "traffic_counts_endpoint_id_release_id_at_pk" PRIMARY KEY("endpoint_id","release_id","at")
);
--> statement-breakpoint
CREATE TABLE "approval_votes" (
	"approval_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"agrees" boolean NOT NULL,
	"comment" text NOT NULL,
	"at" bigint NOT NULL,
	CONSTRAINT "approval_votes_approval_id_user_id_pk" PRIMARY KEY("approval_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "approvals" (
	"id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"model_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"to" jsonb NOT NULL,
	"status" text NOT NULL,
	"needed" integer NOT NULL,
	"comment" text NOT NULL,
	"message" text DEFAULT '' NOT NULL,
	"user_id" uuid NOT NULL,
	"asked_at" bigint NOT NULL,
	"ended_at" bigint
);
--> statement-breakpoint
CREATE TABLE "evaluation_sets" (
	"id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"model_id" uuid NOT NULL,
	"name" text NOT NULL,
	"digest" text NOT NULL,
	"rows" integer NOT NULL,
	"columns" jsonb NOT NULL,
	"label" text NOT NULL,
	"metrics" jsonb NOT NULL,
	"slices" jsonb NOT NULL,
	"user_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"deleted_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "evaluations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"set_id" uuid NOT NULL,
	"model_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"status" text NOT NULL,
	"error" text,
	"results" jsonb NOT NULL,
	"worst" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"latency_us" double precision,
	"user_id" uuid NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"heartbeat_at" timestamp (3) with time zone,
	"beginnings" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gates" (
	"model_id" uuid PRIMARY KEY NOT NULL,
	"rules" jsonb NOT NULL,
	"stages" jsonb NOT NULL,
	"aliases" jsonb NOT NULL,
	"approvals" integer NOT NULL,
	"revision" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "model_bundles" (
	"logged_model_id" text PRIMARY KEY NOT NULL,
	"bundle" jsonb NOT NULL,
	"user_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "model_cards" (
	"model_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"texts" jsonb NOT NULL,
	"revision" integer NOT NULL,
	"user_id" uuid NOT NULL,
	"edited_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "model_cards_model_id_version_pk" PRIMARY KEY("model_id","version")
);
--> statement-breakpoint
CREATE TABLE "frozen_folders" (
	"workspace_id" uuid NOT NULL,
	"run_id" uuid,
	"path" text NOT NULL,
	"files" jsonb NOT NULL,
	"frozen_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "batches" ADD CONSTRAINT "batches_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "batches" ADD CONSTRAINT "batches_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "endpoint_tokens" ADD CONSTRAINT "endpoint_tokens_endpoint_id_endpoints_id_fk" FOREIGN KEY ("endpoint_id") REFERENCES "public"."endpoints"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "endpoint_tokens" ADD CONSTRAINT "endpoint_tokens_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "endpoints" ADD CONSTRAINT "endpoints_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "endpoints" ADD CONSTRAINT "endpoints_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "feedback" ADD CONSTRAINT "feedback_endpoint_id_endpoints_id_fk" FOREIGN KEY ("endpoint_id") REFERENCES "public"."endpoints"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "feedback" ADD CONSTRAINT "feedback_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "host_lines" ADD CONSTRAINT "host_lines_endpoint_id_endpoints_id_fk" FOREIGN KEY ("endpoint_id") REFERENCES "public"."endpoints"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "hosts" ADD CONSTRAINT "hosts_endpoint_id_endpoints_id_fk" FOREIGN KEY ("endpoint_id") REFERENCES "public"."endpoints"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "prediction_chunks" ADD CONSTRAINT "prediction_chunks_endpoint_id_endpoints_id_fk" FOREIGN KEY ("endpoint_id") REFERENCES "public"."endpoints"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "promotions" ADD CONSTRAINT "promotions_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "promotions" ADD CONSTRAINT "promotions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ray_deployments" ADD CONSTRAINT "ray_deployments_endpoint_id_endpoints_id_fk" FOREIGN KEY ("endpoint_id") REFERENCES "public"."endpoints"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ray_deployments" ADD CONSTRAINT "ray_deployments_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "releases" ADD CONSTRAINT "releases_endpoint_id_endpoints_id_fk" FOREIGN KEY ("endpoint_id") REFERENCES "public"."endpoints"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "releases" ADD CONSTRAINT "releases_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "traffic_counts" ADD CONSTRAINT "traffic_counts_endpoint_id_endpoints_id_fk" FOREIGN KEY ("endpoint_id") REFERENCES "public"."endpoints"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "approval_votes" ADD CONSTRAINT "approval_votes_approval_id_approvals_id_fk" FOREIGN KEY ("approval_id") REFERENCES "public"."approvals"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "approval_votes" ADD CONSTRAINT "approval_votes_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "approvals" ADD CONSTRAINT "approvals_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "approvals" ADD CONSTRAINT "approvals_model_id_registered_models_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."registered_models"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "approvals" ADD CONSTRAINT "approvals_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "evaluation_sets" ADD CONSTRAINT "evaluation_sets_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "evaluation_sets" ADD CONSTRAINT "evaluation_sets_model_id_registered_models_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."registered_models"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "evaluation_sets" ADD CONSTRAINT "evaluation_sets_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "evaluations" ADD CONSTRAINT "evaluations_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "evaluations" ADD CONSTRAINT "evaluations_set_id_evaluation_sets_id_fk" FOREIGN KEY ("set_id") REFERENCES "public"."evaluation_sets"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "evaluations" ADD CONSTRAINT "evaluations_model_id_registered_models_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."registered_models"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "evaluations" ADD CONSTRAINT "evaluations_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "gates" ADD CONSTRAINT "gates_model_id_registered_models_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."registered_models"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "model_bundles" ADD CONSTRAINT "model_bundles_logged_model_id_logged_models_id_fk" FOREIGN KEY ("logged_model_id") REFERENCES "public"."logged_models"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "model_bundles" ADD CONSTRAINT "model_bundles_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "model_cards" ADD CONSTRAINT "model_cards_model_id_registered_models_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."registered_models"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "model_cards" ADD CONSTRAINT "model_cards_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "frozen_folders" ADD CONSTRAINT "frozen_folders_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "frozen_folders" ADD CONSTRAINT "frozen_folders_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "batches_newest" ON "batches" USING btree ("workspace_id","asked_at");--> statement-breakpoint
CREATE INDEX "batches_open" ON "batches" USING btree ("asked_at") WHERE status in ('queued', 'running');--> statement-breakpoint
CREATE INDEX "batches_digest" ON "batches" USING btree ("input_digest");--> statement-breakpoint
CREATE INDEX "batches_output" ON "batches" USING btree ((output ->> 'digest'));--> statement-breakpoint
CREATE INDEX "endpoint_tokens_endpoint" ON "endpoint_tokens" USING btree ("endpoint_id");--> statement-breakpoint
CREATE UNIQUE INDEX "endpoints_name" ON "endpoints" USING btree ("name") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "feedback_release" ON "feedback" USING btree ("release_id","at");--> statement-breakpoint
CREATE INDEX "host_lines_endpoint" ON "host_lines" USING btree ("endpoint_id","seq");--> statement-breakpoint
CREATE INDEX "hosts_endpoint" ON "hosts" USING btree ("endpoint_id");--> statement-breakpoint
CREATE INDEX "prediction_chunks_newest" ON "prediction_chunks" USING btree ("endpoint_id","last_at");--> statement-breakpoint
CREATE INDEX "promotions_newest" ON "promotions" USING btree ("workspace_id","asked_at");--> statement-breakpoint
CREATE INDEX "promotions_open" ON "promotions" USING btree ("asked_at") WHERE status in ('queued', 'running');--> statement-breakpoint
CREATE INDEX "promotions_made" ON "promotions" USING btree ("asked_at") WHERE made is not null;--> statement-breakpoint
CREATE INDEX "ray_deployments_endpoint" ON "ray_deployments" USING btree ("endpoint_id");--> statement-breakpoint
CREATE UNIQUE INDEX "releases_number" ON "releases" USING btree ("endpoint_id","number");--> statement-breakpoint
CREATE INDEX "releases_active" ON "releases" USING btree ("endpoint_id") WHERE role not in ('retired', 'failed');--> statement-breakpoint
CREATE INDEX "releases_version" ON "releases" USING btree ("model_id","version");--> statement-breakpoint
CREATE INDEX "approvals_model" ON "approvals" USING btree ("model_id","asked_at");--> statement-breakpoint
CREATE UNIQUE INDEX "evaluation_sets_name" ON "evaluation_sets" USING btree ("model_id","name") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "evaluation_sets_digest" ON "evaluation_sets" USING btree ("digest");--> statement-breakpoint
CREATE INDEX "evaluations_version" ON "evaluations" USING btree ("model_id","version","at");--> statement-breakpoint
CREATE INDEX "evaluations_open" ON "evaluations" USING btree ("at") WHERE status in ('queued', 'running');--> statement-breakpoint
CREATE UNIQUE INDEX "frozen_folders_path" ON "frozen_folders" USING btree ("workspace_id",md5(path),coalesce(run_id::text, ''));