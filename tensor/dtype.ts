/**
 * The element types of tensors and how they promote, which is as in PyTorch.
 *
 * @module
 */

import { DTypeError } from "../ffi/errors.ts";
import { describe } from "../ops/check.ts";

/** The element type of a tensor. */
export type DType = "float32" | "float64" | "int32" | "int8" | "uint8" | "bool";

/** What holds a tensor's elements; `bool` is a `Uint8Array` of zeros and ones. */
export type TensorData = Float32Array | Float64Array | Int32Array | Int8Array | Uint8Array;

/** A kind of number: those of a higher one hold, in spirit, all of the lower ones. */
export const Category = { bool: 0, integer: 1, float: 2 } as const;

interface DTypeRow {
  readonly array: { new (length: number): TensorData; new (buffer: ArrayBuffer): TensorData };
  readonly category: number;
  readonly bytes: number;
}

/** All that depends on a dtype alone. */
export const dtypes: Readonly<Record<DType, DTypeRow>> = {
  float32: { array: Float32Array, category: Category.float, bytes: 4 },
  float64: { array: Float64Array, category: Category.float, bytes: 8 },
  int32: { array: Int32Array, category: Category.integer, bytes: 4 },
  int8: { array: Int8Array, category: Category.integer, bytes: 1 },
  uint8: { array: Uint8Array, category: Category.integer, bytes: 1 },
  bool: { array: Uint8Array, category: Category.bool, bytes: 1 },
};

/**
 * The dtype of an operation on two, by PyTorch's lattice. Where that goes to a type that is not
 * one of the six (uint8 with int8 to int16), the next one that holds both.
 */
const promotions: Readonly<Record<DType, Readonly<Record<DType, DType>>>> = {
  float32: row("float32", "float64", "float32", "float32", "float32", "float32"),
  float64: row("float64", "float64", "float64", "float64", "float64", "float64"),
  int32: row("float32", "float64", "int32", "int32", "int32", "int32"),
  int8: row("float32", "float64", "int32", "int8", "int32", "int8"),
  uint8: row("float32", "float64", "int32", "int32", "uint8", "uint8"),
  bool: row("float32", "float64", "int32", "int8", "uint8", "bool"),
};

function row(
  float32: DType,
  float64: DType,
  int32: DType,
  int8: DType,
  uint8: DType,
  bool: DType,
): Readonly<Record<DType, DType>> {
  return { float32, float64, int32, int8, uint8, bool };
}

/** The dtype that holds both. */
export function promote(a: DType, b: DType): DType {
  return a === b ? a : promotions[a][b];
}

/** What takes part in an operation: its dtype, and how much that weighs. */
export interface Participant {
  readonly dtype: DType;
  readonly ndim: number;
}

/**
 * The dtype of an operation on two tensors. One without axes does not raise the dtype of one with
 * axes within its category: float32 [3] with float64 [] is float32.
 */
export function resultType(a: Participant, b: Participant): DType {
  if (a.dtype === b.dtype) return a.dtype;
  if ((a.ndim === 0) === (b.ndim === 0)) return promote(a.dtype, b.dtype);
  const [full, scalar] = a.ndim > 0 ? [a.dtype, b.dtype] : [b.dtype, a.dtype];
  return dtypes[scalar].category > dtypes[full].category ? promote(full, scalar) : full;
}

/**
 * The dtype of an operation on a tensor and a number: an integer (`2`, and `2.0`, which is the same
 * in JavaScript) makes int32 of bool, any other number makes float32 of bool and integers.
 */
export function resultTypeWithNumber(dtype: DType, value: number): DType {
  const { category } = dtypes[dtype];
  if (category === Category.float) return dtype;
  if (!Number.isInteger(value)) return "float32";
  return category === Category.bool ? "int32" : dtype;
}

/** The dtype of a function whose values are no integers: float32 unless it is float64. */
export function floatType(dtype: DType): DType {
  return dtypes[dtype].category === Category.float ? dtype : "float32";
}

/** Throws unless a value names a dtype. */
export function checkDType(dtype: DType, operation: string): void {
  if (typeof dtype !== "string" || !Object.hasOwn(dtypes, dtype)) {
    throw new DTypeError(
      `${operation}: dtype is ${describe(dtype)}, expected ${Object.keys(dtypes).join(", ")}`,
    );
  }
}

const tagOf: () => string | undefined = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)!.get!;

const dtypeOfTag: Readonly<Record<string, DType>> = {
  Float32Array: "float32",
  Float64Array: "float64",
  Int32Array: "int32",
  Int8Array: "int8",
  Uint8Array: "uint8",
};

/** The dtype whose arrays a value is one of, whatever its prototype says. */
export function dtypeOfArray(value: unknown): DType | undefined {
  const tag = tagOf.call(value);
  return tag === undefined ? undefined : dtypeOfTag[tag];
}
