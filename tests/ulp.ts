/** Distances in units in the last place of float32, and comparisons of bits. */

import assert from "node:assert/strict";

const wide = new Float64Array(1);
const wideWords = new Uint32Array(wide.buffer); // little-endian, as all platforms of the library

/** The value of the last place of a float32 near x: 2^-149 among subnormals. */
export function ulpOf(x: number): number {
  wide[0] = x;
  const exponent = ((wideWords[1] >>> 20) & 0x7ff) - 1023;
  return 2 ** (Math.min(Math.max(exponent, -126), 127) - 23);
}

function isNegative(x: number): boolean {
  return x < 0 || Object.is(x, -0);
}

/** The oracle's own error: 1e-14 relative is below 1e-6 ulp. */
const oracleSlack = 1e-6;

/** Error of a float32 in ulp of the exact value; Infinity where class or sign are wrong. */
export function ulpError(got: number, exact: number): number {
  if (got === exact || (Number.isNaN(got) && Number.isNaN(exact))) {
    return isNegative(got) === isNegative(exact) ? 0 : Infinity;
  }
  if (Number.isNaN(got) || Number.isNaN(exact)) return Infinity;
  // The sign is never lost: neither in zeros nor by crossing 0.
  if (isNegative(got) !== isNegative(exact)) return Infinity;
  if (Math.abs(exact) === Infinity) return Infinity;
  if (got === Math.fround(exact)) {
    return Math.abs(got) === Infinity ? 0 : Math.abs(got - exact) / ulpOf(exact);
  }
  // Infinity stands for 2^128: right within the tolerance of the border, as any other value.
  const value = Math.abs(got) === Infinity ? Math.sign(got) * 2 ** 128 : got;
  return Math.abs(value - exact) / ulpOf(exact);
}

/** Whether a result is as good as its operation promises: 0 ulp means the correctly rounded one. */
export function isWithin(got: number, exact: number, ulp: number): boolean {
  if (ulp > 0) return ulpError(got, exact) <= ulp + oracleSlack;
  return Object.is(got, Math.fround(exact)); // Object.is: NaN is NaN, and -0 is not 0
}

/** The bits of a view. */
export function bitsOf(view: Float32Array): Uint32Array {
  return new Uint32Array(view.buffer, view.byteOffset, view.length);
}

/** Same bits; NaN equals NaN, whose payload and sign processors choose. */
export function sameBits(a: Float32Array, b: Float32Array): boolean {
  return firstDifference(a, b) < 0;
}

/** The first index at which two views differ, -1 where they are the same. */
export function firstDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Math.min(a.length, b.length);
  const bitsA = bitsOf(a);
  const bitsB = bitsOf(b);
  for (let i = 0; i < a.length; i++) {
    if (bitsA[i] !== bitsB[i] && (!Number.isNaN(a[i]) || !Number.isNaN(b[i]))) return i;
  }
  return -1;
}

/** A number as messages show it: the zeros differ. */
export function show(x: number): string {
  return Object.is(x, -0) ? "-0" : String(x);
}

export function assertSameBits(got: Float32Array, expected: Float32Array, what: string): void {
  const i = firstDifference(got, expected);
  if (i >= 0) assert.fail(`${what}: [${i}] is ${show(got[i])}, expected ${show(expected[i])}`);
}

/** A quiet NaN with a payload that no operation makes. */
const guardBits = 0x7fc0dead;

/** A view of `length` elements with guard values around and in it. */
export function guarded(length: number, offset = 16, after = 16): Float32Array<ArrayBuffer> {
  const buffer = new ArrayBuffer((offset + length + after) * 4);
  new Uint32Array(buffer).fill(guardBits);
  return new Float32Array(buffer, offset * 4, length);
}

/** Throws unless all of the buffer of a view but the view itself still holds guard values. */
export function assertGuards(view: Float32Array, what: string): void {
  const words = new Uint32Array(view.buffer);
  const start = view.byteOffset / 4;
  const end = start + view.length;
  for (let i = 0; i < words.length; i++) {
    if (i === start) i = end;
    if (i < words.length && words[i] !== guardBits) {
      assert.fail(`${what}: wrote to index ${i - start} of ${view.length} elements`);
    }
  }
}

/** Throws unless a view that `guarded` made is as it was made. */
export function assertUntouched(view: Float32Array, what: string): void {
  for (const word of new Uint32Array(view.buffer)) {
    if (word !== guardBits) assert.fail(`${what}: out was written to`);
  }
}
