/** Why something did not work, for people: of a server's refusal the first reason and what to do, else the error's own sentence. */
export function reason(error: unknown): string {
  const { data } = (error ?? {}) as { data?: { issues?: readonly { reason?: string; remedy?: string }[] } | null };
  const [issue] = data?.issues ?? [];
  const said = [issue?.reason, issue?.remedy].filter(Boolean).join(' – ');
  return said || (error instanceof Error ? error.message : String(error));
}
