import type { Kernel } from '@jupyterlab/services';

/** A Python name, and nothing else that would run. */
export const isName = (text: string): boolean => /^[\p{L}_][\p{L}\p{N}_]*$/u.test(text);

/**
 * The notebook of a slice (`cellkeep.slice(name).to_notebook()`), asked of the kernel without running a cell: nothing is recorded, and its
 * count stays as it is. It waits until the kernel is free.
 *
 * @throws Error with what the kernel says where it has no such variable
 */
export async function askForSlice(kernel: Kernel.IKernelConnection, name: string): Promise<unknown> {
  if (!isName(name)) throw new Error(`${JSON.stringify(name)} is not the name of a variable`);
  const notebook = `__import__('cellkeep').slice(${JSON.stringify(name)}).to_notebook()`;
  // A text is given back as Python writes it; in base64 there is nothing that Python would escape.
  const slice = `__import__('base64').b64encode(__import__('json').dumps(${notebook}).encode()).decode()`;
  const future = kernel.requestExecute({ code: '', store_history: false, allow_stdin: false, user_expressions: { slice } });
  const { content } = await future.done;
  const answer = content.status === 'ok' ? readAnswer(content.user_expressions?.slice) : null;
  if (answer?.status === 'ok') return JSON.parse(new TextDecoder().decode(bytesOf(answer.text)));
  throw new Error(answer?.text ?? 'the kernel did not answer');
}

function readAnswer(said: unknown): { status: 'ok' | 'error'; text: string } | null {
  const { status, evalue, data } = (said ?? {}) as { status?: string; evalue?: string; data?: Record<string, string> };
  if (status === 'ok') return { status, text: (data?.['text/plain'] ?? '').replace(/^'|'$/g, '') };
  return status === 'error' ? { status, text: evalue ?? '' } : null;
}

const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
