/**
 * The errors of zigtorch. A message names the operation, what was expected and what was given.
 *
 * @module
 */

/** Any error of zigtorch; `code` says which kind without `instanceof`. */
export class ZigTorchError extends Error {
  /** The kind of error, stable across versions: `"SHAPE"`, `"DTYPE"`, `"OVERLAP"`, … */
  readonly code: string;

  /** @param code the kind of error @param message what was expected and what was given */
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** A size, a length, an axis or an index does not fit; `code` is `"SHAPE"`. */
export class ShapeError extends ZigTorchError {
  /** @param message what was expected and what was given */
  constructor(message: string) {
    super("SHAPE", message);
  }
}

/** An argument is of another type than expected; `code` is `"DTYPE"`. */
export class DTypeError extends ZigTorchError {
  /** @param message what was expected and what was given */
  constructor(message: string) {
    super("DTYPE", message);
  }
}

/** `out` shares memory with an input where it must not; `code` is `"OVERLAP"`. */
export class OverlapError extends ZigTorchError {
  /** @param message which arguments share memory */
  constructor(message: string) {
    super("OVERLAP", message);
  }
}

/** The native library is missing, broken or of another version; `code` is `"LIBRARY"`. */
export class LibraryError extends ZigTorchError {
  /** @param message every path that was tried and what to run */
  constructor(message: string, options?: ErrorOptions) {
    super("LIBRARY", message, options);
  }
}

/** There is no memory for a result or for the work; `code` is `"OUT_OF_MEMORY"`. */
export class OutOfMemoryError extends ZigTorchError {
  /** @param message what the memory was for */
  constructor(message: string, options?: ErrorOptions) {
    super("OUT_OF_MEMORY", message, options);
  }
}
