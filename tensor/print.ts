/**
 * Tensors as text, as NumPy prints arrays: `numpy/_core/arrayprint.py` with its default options.
 *
 * @module
 */

import type { DType } from "./dtype.ts";
import type { Sizes } from "./shape.ts";
import { checkAlive, type View } from "./view.ts";

const lineWidth = 75;
const threshold = 1000;
const edgeItems = 3;
const precision = 8;
const separator = ", ";
const prefix = "tensor(";

/** Indices of an axis that are printed. */
function shownOf(size: number, isSummary: boolean): number[] {
  const indices = Array.from(
    { length: isSummary ? Math.min(size, 2 * edgeItems) : size },
    (_, i) => i,
  );
  if (size <= 2 * edgeItems || !isSummary) return indices;
  return indices.map((i) => i < edgeItems ? i : size - 2 * edgeItems + i);
}

/** The elements that are printed. */
function shownElements(view: View, isSummary: boolean): number[] {
  const result: number[] = [];
  const visit = (axis: number, offset: number) => {
    if (axis === view.shape.length) return void result.push(view.data[offset]);
    for (const i of shownOf(view.shape[axis], isSummary)) {
      visit(axis + 1, offset + i * view.strides[axis]);
    }
  };
  visit(0, view.offset);
  return result;
}

/** The fewest digits that read back as the same number: [sign, digits, exponent of the first]. */
function shortest(x: number, dtype: DType): { sign: string; digits: string; exponent: number } {
  const size = Math.abs(x);
  const sign = x < 0 || Object.is(x, -0) ? "-" : "";
  let text = size.toExponential();
  if (dtype === "float32") {
    for (let count = 0; count < 9; count++) {
      text = size.toExponential(count);
      if (Math.fround(Number(text)) === size) break;
    }
  }
  const [mantissa, exponent] = text.split("e");
  return { sign, digits: mantissa.replace(".", ""), exponent: Number(exponent) };
}

/** The decimal digits of an integer given as text, rounded off after so many, half to even. */
function roundDigits(digits: string, count: number): string {
  if (digits.length <= count) return digits;
  const kept = BigInt(digits.slice(0, count) || "0");
  const rest = digits.slice(count);
  const half = "5".padEnd(rest.length, "0");
  const isUp = rest > half || (rest === half && kept % 2n === 1n);
  return (isUp ? kept + 1n : kept).toString().padStart(count, "0");
}

interface Parts {
  readonly whole: string;
  readonly fraction: string;
  readonly exponent?: string;
}

/** Without trailing zeros: `12.5`, `3.`. */
function positional(x: number, dtype: DType): Parts {
  const { sign, digits, exponent } = shortest(x, dtype);
  const point = exponent + 1;
  const all = point > 0 ? digits.padEnd(point, "0") : "0".repeat(1 - point) + digits;
  const wholeLength = Math.max(point, 1);
  const rounded = roundDigits(all, wholeLength + precision);
  // Rounding may have carried into one more digit.
  const carried = rounded.length - Math.min(all.length, wholeLength + precision);
  const end = wholeLength + carried;
  return {
    whole: sign + rounded.slice(0, end),
    fraction: rounded.slice(end).replace(/0+$/, ""),
  };
}

/** `1.25e+10` in parts; the fraction without trailing zeros. */
function scientific(x: number, dtype: DType): Parts {
  const { sign, digits, exponent } = shortest(x, dtype);
  const rounded = roundDigits(digits, precision + 1);
  const carried = rounded.length > Math.min(digits.length, precision + 1) ? 1 : 0;
  const power = x === 0 ? 0 : exponent + carried;
  return {
    whole: sign + rounded[0],
    fraction: rounded.slice(1, precision + 1).replace(/0+$/, ""),
    exponent: (power < 0 ? "-" : "+") + String(Math.abs(power)).padStart(2, "0"),
  };
}

type Format = (x: number) => string;

const longest = (texts: readonly string[]) => Math.max(...texts.map((text) => text.length));

/** Whether numbers are so far apart, so large or so small that exponents read better. */
function wantsExponents(finite: readonly number[], dtype: DType): boolean {
  const sizes = finite.filter((x) => x !== 0).map(Math.abs);
  if (sizes.length === 0) return false;
  const [most, least] = [Math.max(...sizes), Math.min(...sizes)];
  // float32 has 6 decimal digits that can be trusted.
  const cutoff = dtype === "float32" ? 1e6 : 1e8;
  const ratio = dtype === "float32" ? Math.fround(most / least) : most / least;
  return most >= cutoff || least < 0.0001 || ratio > 1000;
}

function floatFormat(elements: readonly number[], dtype: DType): Format {
  const finite = elements.filter(Number.isFinite);
  const isScientific = wantsExponents(finite, dtype);
  const parts = (x: number) => isScientific ? scientific(x, dtype) : positional(x, dtype);
  let [left, right] = [0, 0];
  let fractionLength = 0;
  if (finite.length > 0) {
    const all = finite.map(parts);
    left = longest(all.map(({ whole }) => whole));
    fractionLength = longest(all.map(({ fraction }) => fraction));
    right = isScientific
      ? longest(all.map(({ exponent }) => exponent!)) + 1 + fractionLength
      : fractionLength;
  }
  if (finite.length < elements.length) {
    const infinity = elements.includes(-Infinity) ? 4 : 3;
    left = Math.max(left, 3 - right - 1, infinity - right - 1);
  }
  return (x) => {
    if (!Number.isFinite(x)) {
      const text = Number.isNaN(x) ? "nan" : x < 0 ? "-inf" : "inf";
      return text.padStart(left + right + 1);
    }
    const { whole, fraction, exponent } = parts(x);
    return isScientific
      ? `${whole.padStart(left)}.${fraction.padEnd(fractionLength, "0")}e${exponent}`
      : `${whole.padStart(left)}.${fraction.padEnd(right)}`;
  };
}

function formatOf(elements: readonly number[], view: View): Format {
  if (view.dtype === "bool") {
    return (x) => x === 0 ? "False" : view.shape.length === 0 ? "True" : " True";
  }
  if (view.dtype.startsWith("float")) return floatFormat(elements, view.dtype);
  const width = elements.reduce((most, x) => Math.max(most, String(x).length), 0);
  return (x) => String(x).padStart(width);
}

/** Lines of words, broken where they get too long. */
function wrap(words: readonly string[], indent: string, width: number): string {
  let text = "";
  let line = indent;
  words.forEach((word, i) => {
    if (line.length + word.length > width && line.length > indent.length) {
      text += line.trimEnd() + "\n";
      line = indent;
    }
    line += word + (i < words.length - 1 ? separator : "");
  });
  return text + line;
}

/** The elements of an axis and those below it, in brackets. */
function body(
  view: View,
  axis: number,
  offset: number,
  indent: string,
  width: number,
  format: Format,
  isSummary: boolean,
): string {
  const left = view.shape.length - axis;
  if (left === 0) return format(view.data[offset]);
  const size = view.shape[axis];
  const words = shownOf(size, isSummary).map((i) =>
    body(
      view,
      axis + 1,
      offset + i * view.strides[axis],
      indent + " ",
      width - 1,
      format,
      isSummary,
    )
  );
  if (isSummary && size > 2 * edgeItems) words.splice(edgeItems, 0, "...");
  const text = left === 1
    ? wrap(words, indent, width - 1)
    : words.map((word) => indent + word).join("," + "\n".repeat(left - 1));
  return `[${text.slice(indent.length)}]`;
}

function tuple(shape: Sizes): string {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
}

/**
 * `tensor([[1., 2.], [3., 4.]])` over several lines. The shape is shown where it can't be seen, the
 * dtype where it is not float32.
 */
export function print(view: View): string {
  checkAlive(view, "toString");
  const isSummary = view.size > threshold;
  const format = formatOf(shownElements(view, isSummary), view);
  const text = view.size === 0
    ? "[]"
    : body(view, 0, view.offset, " ".repeat(prefix.length + 1), lineWidth - 1, format, isSummary);
  const extras: string[] = [];
  if (isSummary || (view.size === 0 && view.shape.length !== 1)) {
    extras.push(`shape=${tuple(view.shape)}`);
  }
  if (view.dtype !== "float32") extras.push(`dtype=${view.dtype}`);
  if (extras.length === 0) return `${prefix}${text})`;
  const start = `${prefix}${text},`;
  const end = `${extras.join(", ")})`;
  const lastLine = start.length - (start.lastIndexOf("\n") + 1);
  const spacer = lastLine + end.length + 1 > lineWidth ? "\n" + " ".repeat(prefix.length) : " ";
  return start + spacer + end;
}
