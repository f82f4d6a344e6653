// Generated from zig/abi*.zig and zig/ops.zig by `zig build generate`; do not edit.

/** Types that cross the ABI; "buffer" is a typed array or null. */
export type FfiType = "buffer" | "u32" | "i32" | "f32";

/** Signature of an exported function. */
export interface SymbolSignature {
  readonly parameters: readonly FfiType[];
  readonly result: FfiType;
}

/** Names of all exported functions begin with it. */
export const symbolPrefix = "zigtorch_";

/** Version of the library that this module belongs to. */
export const version = "0.1.0";

/** Hash of all signatures and enums: library and module must agree. */
export const abiHash = 0xbe64c090;

/** The most threads that the library uses. */
export const threadCountMax = 256;

/** The most axes of a strided view. */
export const axesMax = 32;

/** The values of the buffer of a layout. */
export const layoutInts = 135;

/** Exported functions, without their prefix. */
export const symbols = {
  abi_hash: {
    parameters: [],
    result: "u32",
  },
  isa_available: {
    parameters: [],
    result: "u32",
  },
  isa: {
    parameters: [],
    result: "u32",
  },
  isa_select: {
    parameters: ["u32"],
    result: "i32",
  },
  threads: {
    parameters: [],
    result: "u32",
  },
  set_threads: {
    parameters: ["u32"],
    result: "i32",
  },
  caches: {
    parameters: ["buffer"],
    result: "i32",
  },
  address_modulo: {
    parameters: ["buffer", "u32"],
    result: "u32",
  },
  unary: {
    parameters: ["u32", "buffer", "buffer", "u32", "f32", "f32"],
    result: "i32",
  },
  binary: {
    parameters: ["u32", "buffer", "buffer", "buffer", "u32", "u32"],
    result: "i32",
  },
  ternary: {
    parameters: ["u32", "buffer", "buffer", "buffer", "buffer", "u32", "u32"],
    result: "i32",
  },
  reduce: {
    parameters: ["u32", "buffer", "u32", "f32", "buffer"],
    result: "i32",
  },
  arg_reduce: {
    parameters: ["u32", "buffer", "u32", "buffer"],
    result: "i32",
  },
  dot: {
    parameters: ["buffer", "buffer", "u32", "buffer"],
    result: "i32",
  },
  row_wise: {
    parameters: ["u32", "buffer", "buffer", "u32", "u32"],
    result: "i32",
  },
  layer_norm: {
    parameters: ["buffer", "buffer", "buffer", "buffer", "u32", "u32", "f32"],
    result: "i32",
  },
  transpose: {
    parameters: ["buffer", "buffer", "u32", "u32"],
    result: "i32",
  },
  matmul: {
    parameters: ["u32", "u32", "u32", "buffer", "buffer", "buffer"],
    result: "i32",
  },
  gemm: {
    parameters: ["u32", "u32", "u32", "buffer", "u32", "buffer", "u32", "buffer", "u32", "u32", "f32", "f32"],
    result: "i32",
  },
  strided_unary: {
    parameters: ["u32", "buffer", "buffer", "buffer", "f32", "f32"],
    result: "i32",
  },
  strided_binary: {
    parameters: ["u32", "buffer", "buffer", "buffer", "buffer"],
    result: "i32",
  },
  strided_compare: {
    parameters: ["u32", "buffer", "buffer", "buffer", "buffer"],
    result: "i32",
  },
  strided_copy: {
    parameters: ["buffer", "buffer", "buffer"],
    result: "i32",
  },
  strided_matmul: {
    parameters: ["buffer", "buffer", "buffer", "buffer"],
    result: "i32",
  },
  strided_reduce: {
    parameters: ["u32", "buffer", "buffer", "u32", "buffer", "u32", "f32"],
    result: "i32",
  },
  strided_arg_reduce: {
    parameters: ["u32", "buffer", "buffer", "u32", "buffer", "u32"],
    result: "i32",
  },
  strided_rows: {
    parameters: ["u32", "buffer", "buffer", "buffer", "u32"],
    result: "i32",
  },
  typed_copy: {
    parameters: ["u32", "buffer", "u32", "buffer", "buffer"],
    result: "i32",
  },
  typed_take: {
    parameters: ["buffer", "buffer", "buffer", "u32", "u32", "u32", "u32", "u32"],
    result: "i32",
  },
  typed_gather: {
    parameters: ["buffer", "buffer", "buffer", "u32", "buffer"],
    result: "i32",
  },
  typed_truth: {
    parameters: ["u32", "buffer", "buffer", "u32", "u32", "u32"],
    result: "i32",
  },
  typed_sum: {
    parameters: ["u32", "buffer", "buffer", "u32", "u32", "u32"],
    result: "i32",
  },
  random_normal: {
    parameters: ["buffer", "u32", "u32", "u32", "u32", "u32"],
    result: "i32",
  },
  random_uniform: {
    parameters: ["buffer", "u32", "u32", "u32", "u32", "u32"],
    result: "i32",
  },
  random_bits: {
    parameters: ["buffer", "u32", "u32", "u32", "u32", "u32"],
    result: "i32",
  },
  memory_take: {
    parameters: ["buffer", "u32", "u32"],
    result: "i32",
  },
  memory_giver: {
    parameters: ["buffer"],
    result: "i32",
  },
} as const satisfies Record<string, SymbolSignature>;

/** The exported functions as TypeScript calls them. */
export interface NativeSymbols {
  abi_hash(
  ): number;
  isa_available(
  ): number;
  isa(
  ): number;
  isa_select(
    _0: number,
  ): number;
  threads(
  ): number;
  set_threads(
    _0: number,
  ): number;
  caches(
    _0: Uint32Array | null,
  ): number;
  address_modulo(
    _0: Float32Array | null,
    _1: number,
  ): number;
  unary(
    _0: number,
    _1: Float32Array | null,
    _2: Float32Array | null,
    _3: number,
    _4: number,
    _5: number,
  ): number;
  binary(
    _0: number,
    _1: Float32Array | null,
    _2: Float32Array | null,
    _3: Float32Array | null,
    _4: number,
    _5: number,
  ): number;
  ternary(
    _0: number,
    _1: Float32Array | null,
    _2: Float32Array | null,
    _3: Float32Array | null,
    _4: Float32Array | null,
    _5: number,
    _6: number,
  ): number;
  reduce(
    _0: number,
    _1: Float32Array | null,
    _2: number,
    _3: number,
    _4: Float32Array | null,
  ): number;
  arg_reduce(
    _0: number,
    _1: Float32Array | null,
    _2: number,
    _3: Uint32Array | null,
  ): number;
  dot(
    _0: Float32Array | null,
    _1: Float32Array | null,
    _2: number,
    _3: Float32Array | null,
  ): number;
  row_wise(
    _0: number,
    _1: Float32Array | null,
    _2: Float32Array | null,
    _3: number,
    _4: number,
  ): number;
  layer_norm(
    _0: Float32Array | null,
    _1: Float32Array | null,
    _2: Float32Array | null,
    _3: Float32Array | null,
    _4: number,
    _5: number,
    _6: number,
  ): number;
  transpose(
    _0: Float32Array | null,
    _1: Float32Array | null,
    _2: number,
    _3: number,
  ): number;
  matmul(
    _0: number,
    _1: number,
    _2: number,
    _3: Float32Array | null,
    _4: Float32Array | null,
    _5: Float32Array | null,
  ): number;
  gemm(
    _0: number,
    _1: number,
    _2: number,
    _3: Float32Array | null,
    _4: number,
    _5: Float32Array | null,
    _6: number,
    _7: Float32Array | null,
    _8: number,
    _9: number,
    _10: number,
    _11: number,
  ): number;
  strided_unary(
    _0: number,
    _1: Float32Array | null,
    _2: Float32Array | null,
    _3: Int32Array | null,
    _4: number,
    _5: number,
  ): number;
  strided_binary(
    _0: number,
    _1: Float32Array | null,
    _2: Float32Array | null,
    _3: Float32Array | null,
    _4: Int32Array | null,
  ): number;
  strided_compare(
    _0: number,
    _1: Float32Array | null,
    _2: Float32Array | null,
    _3: Uint8Array | null,
    _4: Int32Array | null,
  ): number;
  strided_copy(
    _0: Float32Array | null,
    _1: Float32Array | null,
    _2: Int32Array | null,
  ): number;
  strided_matmul(
    _0: Float32Array | null,
    _1: Float32Array | null,
    _2: Float32Array | null,
    _3: Int32Array | null,
  ): number;
  strided_reduce(
    _0: number,
    _1: Float32Array | null,
    _2: Float32Array | null,
    _3: number,
    _4: Int32Array | null,
    _5: number,
    _6: number,
  ): number;
  strided_arg_reduce(
    _0: number,
    _1: Float32Array | null,
    _2: Int32Array | null,
    _3: number,
    _4: Int32Array | null,
    _5: number,
  ): number;
  strided_rows(
    _0: number,
    _1: Float32Array | null,
    _2: Float32Array | null,
    _3: Int32Array | null,
    _4: number,
  ): number;
  typed_copy(
    _0: number,
    _1: ArrayBufferView | null,
    _2: number,
    _3: ArrayBufferView | null,
    _4: Int32Array | null,
  ): number;
  typed_take(
    _0: ArrayBufferView | null,
    _1: Int32Array | null,
    _2: ArrayBufferView | null,
    _3: number,
    _4: number,
    _5: number,
    _6: number,
    _7: number,
  ): number;
  typed_gather(
    _0: ArrayBufferView | null,
    _1: Int32Array | null,
    _2: ArrayBufferView | null,
    _3: number,
    _4: Int32Array | null,
  ): number;
  typed_truth(
    _0: number,
    _1: Uint8Array | null,
    _2: Uint8Array | null,
    _3: number,
    _4: number,
    _5: number,
  ): number;
  typed_sum(
    _0: number,
    _1: ArrayBufferView | null,
    _2: Int32Array | null,
    _3: number,
    _4: number,
    _5: number,
  ): number;
  random_normal(
    _0: Float32Array | null,
    _1: number,
    _2: number,
    _3: number,
    _4: number,
    _5: number,
  ): number;
  random_uniform(
    _0: Float32Array | null,
    _1: number,
    _2: number,
    _3: number,
    _4: number,
    _5: number,
  ): number;
  random_bits(
    _0: Uint32Array | null,
    _1: number,
    _2: number,
    _3: number,
    _4: number,
    _5: number,
  ): number;
  memory_take(
    _0: Uint32Array | null,
    _1: number,
    _2: number,
  ): number;
  memory_giver(
    _0: Uint32Array | null,
  ): number;
}

/** Status, by number. */
export const Status = {
  ok: 0,
  null_pointer: 1,
  unknown_operation: 2,
  overlap_a: 3,
  overlap_b: 4,
  overlap_c: 5,
  size_overflow: 6,
  bad_argument: 7,
  empty: 8,
  unsupported_level: 9,
  out_of_memory: 10,
  out_of_bounds: 11,
  overlap_out: 12,
} as const;

/** Level, by number. */
export const Level = {
  v2: 0,
  v3: 1,
  v4: 2,
  neon: 3,
} as const;

/** UnaryOp, by number. */
export const UnaryOp = {
  neg: 0,
  abs: 1,
  sqrt: 2,
  rsqrt: 3,
  reciprocal: 4,
  square: 5,
  exp: 6,
  exp2: 7,
  expm1: 8,
  log: 9,
  log2: 10,
  log10: 11,
  log1p: 12,
  sin: 13,
  cos: 14,
  tan: 15,
  tanh: 16,
  sigmoid: 17,
  relu: 18,
  gelu: 19,
  silu: 20,
  softplus: 21,
  erf: 22,
  floor: 23,
  ceil: 24,
  round: 25,
  sign: 26,
  leakyRelu: 27,
  clamp: 28,
} as const;

/** BinaryOp, by number. */
export const BinaryOp = {
  add: 0,
  sub: 1,
  mul: 2,
  div: 3,
  pow: 4,
  maximum: 5,
  minimum: 6,
} as const;

/** TernaryOp, by number. */
export const TernaryOp = {
  fma: 0,
} as const;

/** CompareOp, by number. */
export const CompareOp = {
  eq: 0,
  ne: 1,
  lt: 2,
  le: 3,
  gt: 4,
  ge: 5,
} as const;

/** ReductionOp, by number. */
export const ReductionOp = {
  sum: 0,
  mean: 1,
  max: 2,
  min: 3,
  prod: 4,
  norm: 5,
  variance: 6,
  std: 7,
} as const;

/** ArgReductionOp, by number. */
export const ArgReductionOp = {
  argmax: 0,
  argmin: 1,
} as const;

/** RowWiseOp, by number. */
export const RowWiseOp = {
  softmax: 0,
  logSoftmax: 1,
} as const;

/** ElementType, by number. */
export const ElementType = {
  float32: 0,
  float64: 1,
  int32: 2,
  int8: 3,
  uint8: 4,
  bool: 5,
} as const;

/** A row of the operation table: its error in ulp and its float parameters. */
export interface OpRow {
  readonly ulp: number;
  readonly parameters: number;
}

/** The operation table of zig/ops.zig. */
export const operations = {
  unary: {
    neg: { ulp: 0, parameters: 0 },
    abs: { ulp: 0, parameters: 0 },
    sqrt: { ulp: 0, parameters: 0 },
    rsqrt: { ulp: 1, parameters: 0 },
    reciprocal: { ulp: 0, parameters: 0 },
    square: { ulp: 0, parameters: 0 },
    exp: { ulp: 1, parameters: 0 },
    exp2: { ulp: 1, parameters: 0 },
    expm1: { ulp: 1, parameters: 0 },
    log: { ulp: 1, parameters: 0 },
    log2: { ulp: 1, parameters: 0 },
    log10: { ulp: 1, parameters: 0 },
    log1p: { ulp: 1, parameters: 0 },
    sin: { ulp: 1, parameters: 0 },
    cos: { ulp: 1, parameters: 0 },
    tan: { ulp: 2, parameters: 0 },
    tanh: { ulp: 1, parameters: 0 },
    sigmoid: { ulp: 1, parameters: 0 },
    relu: { ulp: 0, parameters: 0 },
    gelu: { ulp: 2, parameters: 0 },
    silu: { ulp: 1, parameters: 0 },
    softplus: { ulp: 1, parameters: 0 },
    erf: { ulp: 2, parameters: 0 },
    floor: { ulp: 0, parameters: 0 },
    ceil: { ulp: 0, parameters: 0 },
    round: { ulp: 0, parameters: 0 },
    sign: { ulp: 0, parameters: 0 },
    leakyRelu: { ulp: 0, parameters: 1 },
    clamp: { ulp: 0, parameters: 2 },
  },
  binary: {
    add: { ulp: 0, parameters: 0 },
    sub: { ulp: 0, parameters: 0 },
    mul: { ulp: 0, parameters: 0 },
    div: { ulp: 0, parameters: 0 },
    pow: { ulp: 2, parameters: 0 },
    maximum: { ulp: 0, parameters: 0 },
    minimum: { ulp: 0, parameters: 0 },
  },
  ternary: {
    fma: { ulp: 0, parameters: 0 },
  },
  comparisons: {
    eq: { ulp: 0, parameters: 0 },
    ne: { ulp: 0, parameters: 0 },
    lt: { ulp: 0, parameters: 0 },
    le: { ulp: 0, parameters: 0 },
    gt: { ulp: 0, parameters: 0 },
    ge: { ulp: 0, parameters: 0 },
  },
  reductions: {
    sum: { ulp: 0, parameters: 0 },
    mean: { ulp: 0, parameters: 0 },
    max: { ulp: 0, parameters: 0 },
    min: { ulp: 0, parameters: 0 },
    prod: { ulp: 0, parameters: 0 },
    norm: { ulp: 0, parameters: 0 },
    variance: { ulp: 0, parameters: 1 },
    std: { ulp: 0, parameters: 1 },
  },
  argReductions: {
    argmax: { ulp: 0, parameters: 0 },
    argmin: { ulp: 0, parameters: 0 },
  },
  rowWise: {
    softmax: { ulp: 0, parameters: 0 },
    logSoftmax: { ulp: 0, parameters: 0 },
  },
} as const satisfies Record<string, Record<string, OpRow>>;
