/** Of what a process wrote before it ended, the line that says why. */
export function tellingLine(lines: readonly string[]): string {
  const error = lines.findLast((line) => /^(Uncaught |fatal |terminate |\w*(Error|Exception)\b|FATAL|Segmentation)/i.test(line));
  return error ?? lines.findLast((line) => !/^(Node\.js v|\s|[{}\])]|at )/.test(line)) ?? '';
}
