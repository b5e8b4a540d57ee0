/** Memory that processes take, as Linux tells it; elsewhere nothing is known, and nothing ended for it. */
import { readFile } from 'node:fs/promises';

const PAGE = 4_096;
/** Processes below one that are looked at. */
const MOST = 200;

/** bytes that a process and what it has started hold; null: not known */
export async function residentOf(pid: number): Promise<number | null> {
  let [sum, looked] = [0, 0];
  const left = [pid];
  for (let one = left.pop(); one !== undefined && looked < MOST; one = left.pop()) {
    looked++;
    const [statm, children] = await Promise.all([read(`/proc/${one}/statm`), read(`/proc/${one}/task/${one}/children`)]);
    if (statm === null) continue;
    sum += Number(statm.split(' ')[1]) * PAGE;
    for (const child of children?.split(' ') ?? []) if (child.trim()) left.push(Number(child));
  }
  return sum > 0 ? sum : null;
}

const read = (path: string): Promise<string | null> => readFile(path, 'utf8').catch(() => null);
