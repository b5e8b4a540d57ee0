ALTER TABLE "logged_models" DROP CONSTRAINT "logged_models_run_id_runs_id_fk";
--> statement-breakpoint
ALTER TABLE "logged_model_metrics" DROP CONSTRAINT "logged_model_metrics_model_id_key_run_id_dataset_name_dataset_digest_pk";--> statement-breakpoint
ALTER TABLE "logged_models" ALTER COLUMN "run_id" SET DATA TYPE text USING replace("run_id"::text, '-', '');--> statement-breakpoint
ALTER TABLE "logged_model_metrics" ADD CONSTRAINT "logged_model_metrics_points" PRIMARY KEY("model_id","key","run_id","dataset_name","dataset_digest","step","time");--> statement-breakpoint
ALTER TABLE "model_versions" ADD COLUMN "location" text DEFAULT '' NOT NULL;