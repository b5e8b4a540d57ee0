ALTER TABLE "uploads" ADD COLUMN "key_digest" text;--> statement-breakpoint
ALTER TABLE "uploads" ADD COLUMN "ended_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "uploads" ADD COLUMN "digest" text;