/** Wrong arguments of Tensor's methods, and the errors that say so; the tensor has shape [2, 3, 4]. */

import { DTypeError, ones, ShapeError, type Tensor, zeros } from "../mod.ts";
import type { ErrorClass } from "./bad_values.ts";

/** A wrong call: how it reads, and what it must say. */
export interface Wrong {
  readonly label: string;
  readonly error: ErrorClass;
  /** Parts of the message. */
  readonly message: readonly RegExp[];
  readonly call: (a: Tensor) => unknown;
}

type Call<Arguments extends unknown[]> = (a: Tensor, ...args: Arguments) => unknown;

/** A shape in a message, however it is punctuated. */
export function mentions(...shape: number[]): RegExp {
  return new RegExp(`[\\[(]${shape.join(",\\s?")}[\\])]`);
}

function labelOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(labelOf)}]`;
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** What one parameter must refuse with an error of some class. */
export function refuse(
  error: ErrorClass,
  call: Call<[never]>,
  values: readonly unknown[],
  ...message: RegExp[]
): Wrong[] {
  return values.map((value) => ({
    label: labelOf(value),
    error,
    message,
    call: (a) => call(a, value as never),
  }));
}

export const notIntegers = [0.5, NaN, Infinity, -Infinity, 2 ** 53];
export const notNumbers: readonly unknown[] = [
  "1",
  "",
  null,
  true,
  {},
  [1],
  1n,
  Symbol("number"),
  () => 1,
  {
    valueOf: () => 1,
  },
];
export const notTensors = [
  "1",
  null,
  true,
  {},
  [1],
  1n,
  Symbol("b"),
  () => 1,
  new Float32Array(24),
  undefined,
];

export const whole = mentions(2, 3, 4);

/** An operand: a tensor that broadcasts, or a number. */
export function operand(call: Call<[never]>): Wrong[] {
  const misfits = [[5], [4, 3], [2, 3, 5], [2, 2, 3, 5], [0], [2, 3, 4, 1, 7]];
  return [
    ...misfits.flatMap((shape) =>
      refuse(ShapeError, call, [zeros(shape)], whole, mentions(...shape))
    ),
    ...refuse(DTypeError, call, notTensors),
  ];
}

/** The operand of an operation in place: the result must have the tensor's own shape, too. */
export function operandInPlace(call: Call<[never]>): Wrong[] {
  return [
    ...operand(call),
    ...[[5, 2, 3, 4], [1, 2, 3, 4]].flatMap((shape) =>
      refuse(ShapeError, call, [ones(shape)], whole, mentions(...shape))
    ),
  ];
}

/** A tensor that the result of shape [2, 3, 4] is written into. */
export function out(call: Call<[never]>): Wrong[] {
  return [
    ...[[24], [3, 4], [1, 2, 3, 4], [2, 3, 1], [0]].flatMap((shape) =>
      refuse(ShapeError, call, [zeros(shape)], whole, mentions(...shape))
    ),
    ...(["int32", "uint8", "int8", "bool"] as const).flatMap((dtype) =>
      refuse(DTypeError, call, [zeros([2, 3, 4], { dtype })], new RegExp(dtype))
    ),
    ...refuse(DTypeError, call, [...notTensors.filter((value) => value !== undefined), 2]),
  ];
}

export function axis(call: Call<[never]>, optional = false): Wrong[] {
  const types = notNumbers.filter((value) => !Array.isArray(value));
  return [
    ...refuse(ShapeError, call, [3, -4, 100], whole, /axis/),
    ...refuse(ShapeError, call, notIntegers),
    ...refuse(DTypeError, call, optional ? types : [...types, undefined]),
  ];
}

/** One axis or several, each once. */
export function axes(call: Call<[never]>): Wrong[] {
  return [
    ...axis(call, true),
    ...refuse(ShapeError, call, [[3], [0, -4], [0, 7]], whole),
    ...refuse(ShapeError, call, [[0, 0], [1, -2], [2, 0, 2]], whole),
    ...refuse(ShapeError, call, notIntegers.map((value) => [0, value])),
    ...refuse(DTypeError, call, [["0"], [null], [0, undefined], new Array(1), "0", new Set([0])]),
  ];
}

export const badOptions = [5, "x", true, null, 1n, Symbol("options")];

export function shape(call: Call<[never]>, misfits: readonly number[][]): Wrong[] {
  return [
    ...misfits.flatMap((sizes) => refuse(ShapeError, call, [sizes], whole, mentions(...sizes))),
    ...refuse(ShapeError, call, notIntegers.map((size) => [24, size])),
    ...refuse(DTypeError, call, [5, "24", null, {}, undefined, 1n, ["24"], [null], new Array(2)]),
  ];
}

export const permutation = (call: Call<[never]>) => [
  ...refuse(ShapeError, call, [[0, 1], [0, 1, 2, 0], [], [0, 1, 1], [0, 1, 3], [0, 1, -4]], whole),
  ...refuse(ShapeError, call, [[0, 1, 0.5], [0, 1, NaN]]),
];

/** An index of an axis of three elements. */
export function index(call: Call<[never]>): Wrong[] {
  return [
    ...refuse(ShapeError, call, [3, -4, 1e9], whole),
    ...refuse(ShapeError, call, notIntegers),
    ...refuse(DTypeError, call, [...notNumbers, undefined]),
  ];
}
