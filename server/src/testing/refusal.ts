/** The answer of a call that is to be refused: its code, and the field that it names. */
export async function refusal(call: Promise<unknown>): Promise<[code: string, field: string]> {
  const error = (await call.then(
    () => null,
    (thrown: unknown) => thrown,
  )) as { code: string; data?: { issues?: { field: string }[] } } | null;
  if (!error) throw new Error('it was not refused');
  return [error.code, error.data?.issues?.[0]?.field ?? ''];
}
