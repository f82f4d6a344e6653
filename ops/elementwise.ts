/**
 * What all element-wise operations do: check, take or make the output, call the library.
 *
 * All of them write into `out` when it is given and return it, else into a new array. `out` may be
 * an input itself (in place), but must not overlap one in any other way. Any number is rounded to
 * float32 first. Results are the same bits on every instruction-set level and runtime.
 *
 * @module
 */

import { DTypeError, ShapeError } from "../ffi/errors.ts";
import { check, native } from "../ffi/native.ts";
import { BinaryOp, Status, TernaryOp, UnaryOp } from "../ffi/symbols.gen.ts";
import { lengthOf, outOrNew } from "./check.ts";

/** An input of an element-wise operation: a view, or a number that every element meets. */
export type Operand = Float32Array | number;

// Nothing that every call runs has default parameters: they cost JavaScriptCore more than the call
// of a native function.

/** out[i] = f(a[i]); `first` and `second` are the parameters of operations that have some, else 0. */
export function unary(
  operation: keyof typeof UnaryOp,
  a: Float32Array,
  out: Float32Array | undefined,
  first: number,
  second: number,
): Float32Array {
  const length = lengthOf(a, operation, "a");
  const result = outOrNew(out, length, operation, "a's length");
  if (length > 0) {
    const status = native.unary(UnaryOp[operation], a, result, length, first, second);
    if (status !== Status.ok) check(status, operation);
  }
  return result;
}

/** Numbers go to native code as views of one element, which no two calls use at a time. */
const numbers: readonly Float32Array[] = Array.from({ length: 3 }, () => new Float32Array(1));

/** The view of an operand that is a number. */
function viewOf(value: number, index: number): Float32Array {
  const view = numbers[index];
  view[0] = value;
  return view;
}

/** The length of an operand; -1 for a number. */
function lengthOfOperand(value: Operand, operation: string, name: string): number {
  return typeof value === "number" ? -1 : lengthOf(value, operation, name);
}

/** out[i] = f(a[i], b[i]). */
export function binary(
  operation: keyof typeof BinaryOp,
  a: Operand,
  b: Operand,
  out: Float32Array | undefined,
): Float32Array {
  if (typeof a === "number" || typeof b === "number") return binaryNumber(operation, a, b, out);
  const length = lengthOf(a, operation, "a");
  const lengthB = lengthOf(b, operation, "b");
  if (lengthB !== length) throw notEqual(lengthB, length, operation, "b");
  const result = outOrNew(out, length, operation, "the inputs' length");
  if (length > 0) {
    const status = native.binary(BinaryOp[operation], a, b, result, length, 0);
    if (status !== Status.ok) check(status, operation);
  }
  return result;
}

/** {@linkcode binary} where an operand is a number. */
function binaryNumber(
  operation: keyof typeof BinaryOp,
  a: Operand,
  b: Operand,
  out: Float32Array | undefined,
): Float32Array {
  const lengthA = lengthOfOperand(a, operation, "a");
  const lengthB = lengthOfOperand(b, operation, "b");
  const length = Math.max(lengthA, lengthB);
  if (length < 0) throw onlyNumbers(operation, "a and b");
  const result = outOrNew(out, length, operation, "the inputs' length");
  if (length > 0) {
    const viewA = typeof a === "number" ? viewOf(a, 0) : a;
    const viewB = typeof b === "number" ? viewOf(b, 1) : b;
    const scalars = lengthA < 0 ? 1 : 2;
    const status = native.binary(BinaryOp[operation], viewA, viewB, result, length, scalars);
    if (status !== Status.ok) check(status, operation);
  }
  return result;
}

function onlyNumbers(operation: string, names: string): DTypeError {
  return new DTypeError(
    `${operation}: ${names} are numbers, expected a Float32Array for at least one of them`,
  );
}

function notEqual(given: number, length: number, operation: string, name: string): ShapeError {
  return new ShapeError(
    `${operation}: ${name} has ${given} elements, expected as many as the first view = ${length}`,
  );
}

/** out[i] = f(a[i], b[i], c[i]). */
export function ternary(
  operation: keyof typeof TernaryOp,
  a: Operand,
  b: Operand,
  c: Operand,
  out: Float32Array | undefined,
): Float32Array {
  const lengthA = lengthOfOperand(a, operation, "a");
  const lengthB = lengthOfOperand(b, operation, "b");
  const lengthC = lengthOfOperand(c, operation, "c");
  const length = lengthA >= 0 ? lengthA : lengthB >= 0 ? lengthB : lengthC;
  if (length < 0) throw onlyNumbers(operation, "a, b and c");
  if (lengthB >= 0 && lengthB !== length) throw notEqual(lengthB, length, operation, "b");
  if (lengthC >= 0 && lengthC !== length) throw notEqual(lengthC, length, operation, "c");
  const result = outOrNew(out, length, operation, "the inputs' length");
  if (length > 0) {
    const status = native.ternary(
      TernaryOp[operation],
      typeof a === "number" ? viewOf(a, 0) : a,
      typeof b === "number" ? viewOf(b, 1) : b,
      typeof c === "number" ? viewOf(c, 2) : c,
      result,
      length,
      (lengthA < 0 ? 1 : 0) | (lengthB < 0 ? 2 : 0) | (lengthC < 0 ? 4 : 0),
    );
    if (status !== Status.ok) check(status, operation);
  }
  return result;
}
