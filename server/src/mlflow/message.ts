/**
 * Messages as protobuf reads them from JSON: int64 as number or text, double also as "NaN" and "Infinity", names in snake_case or
 * camelCase, null for absent, unknown fields passed over. A value of another type is refused, where MLflow's server goes on with what it
 * could read (a metric "x" becomes 0.0).
 */
import { invalidParameter, invalidValue, missingValue } from './errors.ts';

export interface Field<T> {
  /** @param value neither null nor undefined */
  read: (value: unknown, name: string) => T;
  required?: boolean;
  /** Required as well, unless this other field has come: an older name of the same. */
  requiredUnless?: string;
  /** Absent is empty; in a query string it may come several times. */
  repeated?: boolean;
  /** In a query string it is the word true or false. */
  isBoolean?: boolean;
}

export interface RequiredField<T> extends Field<T> {
  required: true;
}
export interface RepeatedField<T> extends Field<T[]> {
  repeated: true;
}

// biome-ignore lint/suspicious/noExplicitAny: a field of whatever value
export type Fields = Record<string, Field<any>>;
export type Message<F extends Fields> = {
  [Name in keyof F]: F[Name] extends RequiredField<infer T>
    ? T
    : F[Name] extends RepeatedField<infer T>
      ? T[]
      : F[Name] extends Field<infer T>
        ? T | undefined
        : never;
};

export const string: Field<string> = {
  read(value, name) {
    if (typeof value === 'string') return value;
    throw invalidValue(name, value);
  },
};

const INTEGER = /^\s*[+-]?\d+\s*$/;

/** Beyond 2^53 a number of JSON is no longer the one that was sent: it is refused. */
export const int64: Field<number> = {
  read(value, name) {
    const number = typeof value === 'string' && INTEGER.test(value) ? Number(value) : value;
    if (typeof number === 'number' && Number.isSafeInteger(number)) return number;
    throw invalidValue(name, value);
  },
};
export const int32 = int64;

/** ms since 1970, as far as a date reaches: what is shown and exported is one. */
export const LATEST = 8.64e15;

export const time: Field<number> = {
  read(value, name) {
    const ms = int64.read(value, name);
    if (Math.abs(ms) <= LATEST) return ms;
    throw invalidParameter(
      `Invalid value ${ms} for parameter '${name}' supplied: it must be milliseconds since 1970, from -${LATEST} to ${LATEST}.`,
    );
  },
};

/** A number, text that says one, NaN or an infinity; undefined for anything else. */
export function doubleOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  const number = Number(text);
  if (!Number.isNaN(number)) return text === '' || /^[+-]?0[box]/i.test(text) ? undefined : number;
  const [, sign, word] = /^([+-]?)(nan|inf|infinity)$/i.exec(text) ?? [];
  if (!word) return undefined;
  if (word.toLowerCase() === 'nan') return Number.NaN;
  return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

export const double: Field<number> = {
  read(value, name) {
    const number = doubleOf(value);
    if (number === undefined) throw invalidValue(name, value);
    return number;
  },
};

export const bool: Field<boolean> = {
  isBoolean: true,
  read(value, name) {
    if (typeof value === 'boolean') return value;
    throw invalidValue(name, value);
  },
};

/** By name, or by number where the protocol gives one. */
export function oneOf<const Names extends Record<string, number>>(names: Names): Field<keyof Names & string> {
  return {
    read(value, name) {
      if (typeof value === 'string' && Object.hasOwn(names, value)) return value;
      const numbered = Object.keys(names).find((one) => names[one] === value || String(names[one]) === value);
      if (numbered !== undefined) return numbered;
      throw invalidValue(name, value);
    },
  };
}

/** JSON of any shape, read by the call itself. */
export const json: Field<unknown> = { read: (value) => value };

export function required<T>(field: Field<T>): RequiredField<T> {
  return { ...field, required: true };
}

export function list<T>(field: Field<T>): RepeatedField<T> {
  return {
    repeated: true,
    read(value, name) {
      if (!Array.isArray(value)) throw invalidValue(name, value);
      return value.map((one: unknown, i) => {
        if (one === null || one === undefined) throw invalidValue(`${name}[${i}]`, one);
        return field.read(one, `${name}[${i}]`);
      });
    },
  };
}

/** Of text alone; one that is none is told by the whole list. */
export const strings: RepeatedField<string> = {
  repeated: true,
  read(value, name) {
    if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value as string[];
    throw invalidValue(name, value);
  },
};

/** Ids that are numbers in text; numbers are taken as well. */
export const ids: RepeatedField<string> = {
  repeated: true,
  read(value, name) {
    if (!Array.isArray(value)) throw invalidValue(name, value);
    return value.map((one: unknown) => {
      if (typeof one === 'string' || Number.isSafeInteger(one)) return String(one);
      throw invalidValue(name, value);
    });
  },
};

export function message<F extends Fields>(fields: F): Field<Message<F>> {
  const read = readerOf(fields);
  return {
    read(value, name) {
      if (value === null || typeof value !== 'object' || Array.isArray(value)) throw invalidValue(name, value);
      return read(value as Record<string, unknown>, `${name}.`);
    },
  };
}

/** @param path said before the names of its fields in errors: "tags[0]." */
export function readerOf<F extends Fields>(fields: F): (given: Record<string, unknown>, path?: string) => Message<F> {
  const entries = Object.entries(fields).map(([name, field]) => ({ name, camel: camelCase(name), field }));
  return (given, path = '') => {
    const read: Record<string, unknown> = {};
    for (const { name, camel, field } of entries) {
      const value = givenAs(given, name, camel);
      if (value === undefined || value === null || (field.required && value === '')) {
        if (field.required || (field.requiredUnless && !given[field.requiredUnless])) throw missingValue(path + name);
        if (field.repeated) read[name] = [];
        continue;
      }
      read[name] = field.read(value, path + name);
    }
    return read as Message<F>;
  };
}

function givenAs(given: Record<string, unknown>, name: string, camel: string): unknown {
  const has = Object.hasOwn(given, name);
  if (camel === name) return has ? given[name] : undefined;
  const hasCamel = Object.hasOwn(given, camel);
  if (has && hasCamel) throw invalidParameter(`Request specifies both '${name}' and '${camel}'; provide only one of them.`);
  return has ? given[name] : hasCamel ? given[camel] : undefined;
}

export const camelCase = (name: string) => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** The fields of a query string, as JSON would have brought them. */
export function fromQuery(fields: Fields, query: string): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  const parameters = new URLSearchParams(query);
  for (const [name, field] of Object.entries(fields)) {
    const values = parameters.getAll(name);
    const [first] = values;
    if (first === undefined) continue;
    given[name] = field.repeated ? values : field.isBoolean ? booleanOf(first) : first;
  }
  return given;
}

function booleanOf(word: string): boolean {
  const lower = word.toLowerCase();
  if (lower === 'true' || lower === 'false') return lower === 'true';
  throw invalidParameter(`Invalid boolean value: ${word}, must be 'true' or 'false'.`);
}
