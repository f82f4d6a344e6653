//! What this processor can do: its instruction-set levels.
//!
//! Nothing here is cached and nothing is global: a question is answered by asking the processor.

const std = @import("std");
const builtin = @import("builtin");

/// The instruction-set levels of all architectures, from the weakest to the strongest.
pub const Level = enum(u32) {
    /// x86-64-v2: SSE4.2
    v2,
    /// x86-64-v3: AVX2, FMA
    v3,
    /// x86-64-v4: AVX-512 F, BW, CD, DQ, VL
    v4,
    /// aarch64 with NEON
    neon,
};

/// The levels this library holds kernels for, from the weakest to the strongest.
pub const levels: []const Level = switch (builtin.cpu.arch) {
    .x86_64 => &.{ .v2, .v3, .v4 },
    .aarch64 => &.{.neon},
    else => @compileError("no kernels for this architecture"),
};

pub const Registers = struct { eax: u32, ebx: u32, ecx: u32, edx: u32 };

pub fn cpuid(leaf: u32, subleaf: u32) Registers {
    var eax: u32 = undefined;
    var ebx: u32 = undefined;
    var ecx: u32 = undefined;
    var edx: u32 = undefined;
    asm volatile ("cpuid"
        : [eax] "={eax}" (eax),
          [ebx] "={ebx}" (ebx),
          [ecx] "={ecx}" (ecx),
          [edx] "={edx}" (edx),
        : [leaf] "{eax}" (leaf),
          [subleaf] "{ecx}" (subleaf),
    );
    return .{ .eax = eax, .ebx = ebx, .ecx = ecx, .edx = edx };
}

/// The register state that the operating system saves. Only where OSXSAVE is set.
fn savedState() u32 {
    return asm volatile ("xgetbv"
        : [eax] "={eax}" (-> u32),
        : [register] "{ecx}" (@as(u32, 0)),
        : .{ .edx = true });
}

pub inline fn has(register: u32, comptime all_bits: []const u5) bool {
    comptime var mask: u32 = 0;
    inline for (all_bits) |index| mask |= 1 << index;
    return register & mask == mask;
}

/// The levels that processor and operating system support, as bits 1 << level. Bit numbers: Intel
/// SDM volume 2A, CPUID; the levels: x86-64 psABI, table 3.1.
pub fn available() u32 {
    if (builtin.cpu.arch != .x86_64) return bit(.neon);
    const basic_leaves = cpuid(0, 0).eax;
    const extended_leaves = cpuid(0x8000_0000, 0).eax;
    if (basic_leaves < 7 or extended_leaves < 0x8000_0001) return 0;
    const one = cpuid(1, 0);
    const seven = cpuid(7, 0);
    const extended = cpuid(0x8000_0001, 0);
    // SSE3, SSSE3, CMPXCHG16B, SSE4.1, SSE4.2, POPCNT; LAHF
    if (!has(one.ecx, &.{ 0, 9, 13, 19, 20, 23 }) or !has(extended.ecx, &.{0})) return 0;
    // FMA, MOVBE, OSXSAVE, AVX, F16C; LZCNT; BMI1, AVX2, BMI2
    const has_v3 = has(one.ecx, &.{ 12, 22, 27, 28, 29 }) and has(extended.ecx, &.{5}) and
        has(seven.ebx, &.{ 3, 5, 8 });
    // The bits above say what the processor has; these say what a context switch keeps.
    if (!has_v3 or !has(savedState(), &.{ 1, 2 })) return bit(.v2);
    // AVX-512 F, DQ, CD, BW, VL
    const has_v4 = has(seven.ebx, &.{ 16, 17, 28, 30, 31 }) and has(savedState(), &.{ 5, 6, 7 });
    return bit(.v2) | bit(.v3) | if (has_v4) bit(.v4) else 0;
}

/// Whether the processor has two pipes that multiply registers of 512 bits. Those of AMD tell whether
/// their pipes are as wide as that (AMD64 Architecture Programmer's Manual volume 3, leaf 0x8000001A,
/// FP512; Zen 4 makes two turns); of the others, nearly all that have AVX-512 have two.
pub fn multipliesTwice() bool {
    if (builtin.cpu.arch != .x86_64 or available() & bit(.v4) == 0) return false;
    const basic = cpuid(0, 0);
    const is_amd = basic.ebx == 0x68747541 and basic.edx == 0x69746e65 and basic.ecx == 0x444d4163;
    if (!is_amd) return true;
    return cpuid(0x8000_0000, 0).eax >= 0x8000_001a and has(cpuid(0x8000_001a, 0).eax, &.{3});
}

pub fn bit(level: Level) u32 {
    return @as(u32, 1) << @intCast(@intFromEnum(level));
}

test "the strongest level includes the weaker ones" {
    if (builtin.cpu.arch != .x86_64) return;
    const mask = available();
    try std.testing.expect(mask & bit(.v2) != 0);
    if (mask & bit(.v4) != 0) try std.testing.expect(mask & bit(.v3) != 0);
}
