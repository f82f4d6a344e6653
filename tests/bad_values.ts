/** Values that a parameter must refuse, and the error that says so. */

import * as zt from "../mod.ts";

/** What a parameter takes. */
export type Kind =
  | "view"
  | "optionalView"
  | "operand"
  | "size"
  | "leading"
  | "number"
  | "optionalNumber"
  | "optionalBoolean"
  | "arguments"
  | "options"
  | "shape"
  | "alignment"
  | "seed"
  | "threads";

export type ErrorClass = typeof zt.ShapeError | typeof zt.DTypeError;

/** The `code` that each class documents. */
export const codes = new Map<ErrorClass, string>([
  [zt.ShapeError, "SHAPE"],
  [zt.DTypeError, "DTYPE"],
]);

export interface BadValue {
  readonly label: string;
  readonly value: unknown;
  readonly error: ErrorClass;
}

/** Which lengths of a view are right: one, that and all above, or any. */
export type Lengths = "exact" | "least" | "any";

function list(error: ErrorClass, values: readonly unknown[]): BadValue[] {
  return values.map((value) => ({ label: labelOf(value), value, error }));
}

function labelOf(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (Array.isArray(value)) return `[${value.map(labelOf)}]`;
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

function named(error: ErrorClass, values: Record<string, unknown>): BadValue[] {
  return Object.entries(values).map(([label, value]) => ({ label, value, error }));
}

/** A view whose buffer was handed to somebody else. */
export function detached(length: number): Float32Array {
  const view = new Float32Array(length);
  structuredClone(view.buffer, { transfer: [view.buffer] });
  return view;
}

/** A view of fixed length whose buffer ends before it. */
export function shrunk(length: number): Float32Array {
  const buffer = new ArrayBuffer(4 + length * 4, { maxByteLength: 4 + length * 4 });
  const view = new Float32Array(buffer, 4, length);
  buffer.resize(0);
  return view;
}

function disguised(object: object): unknown {
  return Object.setPrototypeOf(object, Float32Array.prototype);
}

/** On Bun nothing cheap tells it from a Float32Array; its memory is as large, so it is harmless. */
function wideDisguise(length: number): Record<string, unknown> {
  if ("Bun" in globalThis) return {};
  return { "an Int32Array in disguise": disguised(new Int32Array(length + 1)) };
}

function notViews(length: number): BadValue[] {
  return named(zt.DTypeError, {
    ...wideDisguise(length),
    "a string": "1".repeat(length),
    "an array": new Array(length).fill(1),
    "a Float64Array": new Float64Array(length),
    "an Int32Array": new Int32Array(length),
    "a Uint8Array": new Uint8Array(length * 4),
    "a DataView": new DataView(new ArrayBuffer(length * 4)),
    "an ArrayBuffer": new ArrayBuffer(length * 4),
    "a SharedArrayBuffer": new SharedArrayBuffer(length * 4),
    "{}": {},
    "an object with a length": { length, byteLength: length * 4, byteOffset: 0 },
    "a Proxy of a Float32Array": new Proxy(new Float32Array(length), {}),
    "an object with the prototype": Object.create(Float32Array.prototype),
    "a Uint8Array in disguise": disguised(new Uint8Array(length + 1)),
    "a Float64Array in disguise": disguised(new Float64Array(length + 1)),
    "a Uint8Array of as many bytes in disguise": disguised(new Uint8Array(length * 4)),
    "a Float64Array of as many bytes in disguise": disguised(new Float64Array(length / 2)),
    "a DataView in disguise": disguised(new DataView(new ArrayBuffer(length * 4 + 4))),
    "the class": Float32Array,
    "the prototype": Float32Array.prototype,
    "null": null,
    "a boolean": true,
    "a bigint": 5n,
    "a symbol": Symbol("view"),
  });
}

function wrongViews(length: number, lengths: Lengths): BadValue[] {
  const result = named(zt.ShapeError, {
    "a detached view": detached(length),
    "a shrunk view": shrunk(length),
  });
  if (lengths !== "any" && length > 0) {
    result.push(...named(zt.ShapeError, {
      "a short view": new Float32Array(length - 1),
      "an empty view": new Float32Array(0),
    }));
  }
  if (lengths === "exact") {
    result.push(...named(zt.ShapeError, {
      "a long view": new Float32Array(length + 1),
      "a much longer view": new Float32Array(2 * length + 100),
    }));
  }
  return result;
}

const notNumbers: readonly unknown[] = [
  ...["1", "", 4n, null, true, {}, [2], Symbol("number"), { valueOf: () => 2 }, () => 2],
];
const notSizes = [-1, 1.5, NaN, Infinity, -Infinity, 2 ** 32, 2 ** 53, -(2 ** 31), 1e300, 1e-300];

function sizes(optional: boolean): BadValue[] {
  const types = optional ? notNumbers : [...notNumbers, undefined];
  return [...list(zt.ShapeError, notSizes), ...list(zt.DTypeError, types)];
}

const shapes = [
  ...sizes(false).filter(({ value }) => !Array.isArray(value)),
  ...list(zt.ShapeError, [...notSizes.map((size) => [2, size]), [2 ** 16, 2 ** 16], [2 ** 31, 4]]),
  ...list(zt.DTypeError, notNumbers.map((size) => [size, 2])),
  ...named(zt.DTypeError, { "a hole": new Array(2), "a Uint32Array": Uint32Array.of(2) }),
];

/** By kind; those of views depend on the length that would be right. */
const others: Record<Exclude<Kind, "view" | "optionalView" | "operand">, readonly BadValue[]> = {
  size: sizes(false),
  leading: sizes(true),
  number: list(zt.DTypeError, [...notNumbers, undefined]),
  optionalNumber: list(zt.DTypeError, notNumbers),
  optionalBoolean: list(zt.DTypeError, [0, 1, "true", "", null, {}, 1n, Symbol("boolean")]),
  arguments: list(zt.DTypeError, [5, "x", true, null, undefined, {}, 1n, Symbol("arguments")]),
  options: list(zt.DTypeError, [5, "x", true, null, 1n, Symbol("options"), () => 1]),
  shape: shapes,
  alignment: [
    ...list(zt.ShapeError, [0, 1, 2, 3, 48, 2 ** 21, 2 ** 32, -64, NaN, Infinity, 6.5, 64.5]),
    ...list(zt.DTypeError, notNumbers),
  ],
  threads: [
    ...list(zt.ShapeError, [0, -1, 1.5, NaN, Infinity, -Infinity, 257, 2 ** 32, 2 ** 53]),
    ...list(zt.DTypeError, [...notNumbers, undefined]),
  ],
  seed: [
    ...list(zt.ShapeError, [-1, 1.5, NaN, Infinity, -Infinity, 2 ** 53, 1e300]),
    ...list(zt.DTypeError, [...notNumbers, undefined]),
  ],
};

/** All values that a parameter must refuse. `length` is that of a right view. */
export function badValues(kind: Kind, length: number, lengths: Lengths): readonly BadValue[] {
  switch (kind) {
    case "view":
    case "operand":
      return [
        ...notViews(length),
        ...wrongViews(length, lengths),
        ...list(zt.DTypeError, kind === "view" ? [undefined, 7] : [undefined]),
      ];
    case "optionalView":
      return [...notViews(length), ...wrongViews(length, lengths), ...list(zt.DTypeError, [7])];
    default:
      return others[kind];
  }
}
