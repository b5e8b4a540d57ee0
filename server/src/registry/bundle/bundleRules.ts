/** What must hold within a bundle, beyond the shape of each field: the parts that name each other agree. Every breach is told at once. */
import type { Bundle, Column } from '@cellkeep/schema/registry';
import type { Issue } from '@cellkeep/schema/wire';

export function breachesOf(bundle: Bundle): Issue[] {
  return [...runtimeBreaches(bundle), ...signatureBreaches(bundle), ...graphBreaches(bundle), ...classBreaches(bundle)];
}

const at = (field: string, reason: string, remedy?: string): Issue => ({ field: `bundle.${field}`, reason, ...(remedy ? { remedy } : {}) });

function runtimeBreaches({ runtime, onnx, python, tfjs }: Bundle): Issue[] {
  const issues: Issue[] = [];
  const part = { onnx, python, tfjs }[runtime];
  if (part === null) issues.push(at(runtime, `the runtime is ${runtime}, yet nothing says which file that is`, `fill in \`${runtime}\``));
  if (python && (python.format === 'mlflow') !== (python.file === null)) {
    const reason = python.file === null ? `a model of the format ${python.format} is a file` : 'an MLflow model is its whole folder';
    issues.push(at('python.file', reason, python.file === null ? 'name it' : 'leave `file` null'));
  }
  return issues;
}

function signatureBreaches({ signature: { layout, inputs, outputs } }: Bundle): Issue[] {
  const issues = [...columnBreaches('inputs', inputs), ...columnBreaches('outputs', outputs)];
  if (layout === 'tensor' && (inputs.length !== 1 || !inputs[0]?.shape)) {
    const reason = `a tensor is one column with a shape; here are ${inputs.length}${inputs.length === 1 ? ' without one' : ''}`;
    issues.push(at('signature.inputs', reason, 'give one column with its shape, or the layout "columns"'));
  }
  return issues;
}

const LEAST_TOLD = 20;

function columnBreaches(side: 'inputs' | 'outputs', columns: readonly Column[]): Issue[] {
  const issues: Issue[] = [];
  const seen = new Set<string>();
  for (const [i, { name, type, min, max, categories }] of columns.entries()) {
    if (issues.length >= LEAST_TOLD) break;
    const field = `signature.${side}[${i}]`;
    if (seen.has(name)) issues.push(at(`${field}.name`, `column ${JSON.stringify(name)} stands there twice`, 'give each its own name'));
    seen.add(name);
    if (min !== null && max !== null && min > max) issues.push(at(`${field}.min`, `the least value ${min} is above the greatest, ${max}`));
    const stranger = categories?.find((value) => typeof value !== kindOf(type));
    if (stranger !== undefined) {
      const reason = `${JSON.stringify(stranger)} is no ${type}, as column ${JSON.stringify(name)} is`;
      issues.push(at(`${field}.categories`, reason, 'give categories of the type of their column'));
    }
  }
  return issues;
}

/** How a value of the type stands in JSON. */
function kindOf(type: Column['type']): 'boolean' | 'number' | 'string' {
  if (type === 'boolean') return 'boolean';
  return type === 'integer' || type === 'float' || type === 'double' ? 'number' : 'string';
}

function graphBreaches({ onnx, signature }: Bundle): Issue[] {
  if (!onnx) return [];
  const issues: Issue[] = [];
  const columns = new Map(signature.inputs.map((column) => [column.name, column]));
  const inputs = new Set<string>();
  if (onnx.feeds.length === 0) issues.push(at('onnx.feeds', 'a graph that takes nothing answers always the same', 'name its inputs'));
  for (const [i, { input, type, columns: names }] of onnx.feeds.entries()) {
    if (issues.length >= LEAST_TOLD) break;
    const field = `onnx.feeds[${i}]`;
    if (inputs.has(input)) issues.push(at(`${field}.input`, `the graph's input ${JSON.stringify(input)} is fed twice`));
    inputs.add(input);
    for (const [j, name] of names.entries()) {
      const column = columns.get(name);
      const where = `${field}.columns[${j}]`;
      if (!column) {
        issues.push(at(where, `${JSON.stringify(name)} is no input of the signature`, 'name columns of signature.inputs'));
      } else if (type !== 'string' && (column.type === 'string' || column.type === 'binary')) {
        issues.push(at(where, `column ${JSON.stringify(name)} is ${column.type} and cannot be fed as ${type}`, 'feed it as string'));
      } else if (column.shape && names.length > 1) {
        issues.push(
          at(where, `column ${JSON.stringify(name)} is a tensor, which stands alone in its input`, 'give it an input of its own'),
        );
      }
      if (issues.length >= LEAST_TOLD) break;
    }
  }
  if (onnx.label === null && onnx.scores === null)
    issues.push(at('onnx.label', 'neither a label nor scores: the graph would answer nothing', 'name the output of one of them'));
  return issues;
}

function classBreaches({ task, classes, onnx }: Bundle): Issue[] {
  const issues: Issue[] = [];
  if (classes && task !== 'classification') issues.push(at('classes', `a model for ${task} has no classes`, 'leave them null'));
  if (classes && new Set(classes.map((one) => `${typeof one} ${one}`)).size < classes.length)
    issues.push(at('classes', 'a class stands there twice', 'list each once, in the order of the scores'));
  if (onnx?.scores && !classes) issues.push(at('onnx.scores', 'scores belong to classes, and there are none', 'fill in `classes`'));
  return issues;
}
