#!/usr/bin/env python3
# tests/data/kernel/make_vectors.py: numbers as torch converts them, for tests/unit/kernel.c.
# SPDX-License-Identifier: Apache-2.0
#
#   python3 make_vectors.py        (torch 2.13, x86 with F16C; writes to its folder)
#
# exhaustive.txt: one line "from to factor crc" for every 8 and 16 bit type: all codes, counted up, times a
#   factor (bits of an f32, or "-") in f32, to another type; the CRC-32 of the bytes that come out.
# edges.bin: for the wider types, records of little-endian u32 from, to, n; n elements in; n elements out:
#   ties, subnormals, borders of every type, zeroes, infinities, NaNs, random numbers.
#
# Types are the numbers of fmtconv/types.h.  Conversions that C does not define are left out where torch contradicts itself:
# among all codes, NaN, infinity and numbers beyond 2^31 become 0 in u32; of the edges converted to
# integers only those are kept on which torch's dense, strided and one-element loops agree.
import os, struct, warnings, zlib
import numpy as np, torch

warnings.simplefilter("ignore")
torch.set_num_threads(1)
assert torch.__version__.startswith("2.13")
assert torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512")
HERE = os.path.dirname(os.path.abspath(__file__))

TYPES = [None, torch.bool, torch.uint8, torch.int8, torch.uint16, torch.int16, torch.uint32, torch.int32,
         torch.uint64, torch.int64, torch.float16, torch.bfloat16, torch.float32, torch.float64,
         torch.complex32, torch.complex64, torch.complex128, torch.float8_e4m3fn, torch.float8_e5m2,
         torch.float8_e4m3fnuz, torch.float8_e5m2fnuz, torch.float8_e8m0fnu]
INTEGERS = TYPES[2:10]
BITS = {t: torch.empty(0, dtype=t).element_size() * 8 for t in TYPES[1:]}
UNSIGNED = {8: np.uint8, 16: np.uint16, 32: np.uint32, 64: np.uint64}


def tensor(codes, dtype):
    return torch.from_numpy(np.ascontiguousarray(codes).view(np.uint8)).view(dtype)


def raw(t):
    return t.clone().contiguous().view(torch.uint8).numpy().tobytes()


def is_real(t):
    return not t.is_complex


def exhaustive(out):
    for number, source in enumerate(TYPES):
        if source is None or source is torch.bool or BITS[source] > 16:
            continue
        codes = np.arange(1 << BITS[source]).astype(UNSIGNED[BITS[source]])
        for to_number, target in enumerate(TYPES):
            if target is None or target is source:
                continue
            used = codes.copy()
            if source.is_floating_point and target is torch.uint32:
                used[~(tensor(codes, source).double().abs().numpy() < 2.0**31)] = 0
            crc = zlib.crc32(raw(tensor(used, source).to(target)))
            out.write(f"{number} {to_number} - {crc:08x}\n")
    for number in (10, 11):
        x = tensor(np.arange(65536).astype(np.uint16), TYPES[number])
        for to_number in (10, 11, 12, 13, 17):
            target = TYPES[to_number]
            for factor in (0.0078125, 0.3, 3.5, -1e30, 1e-30, 0.0):
                f = torch.tensor(factor, dtype=torch.float32)
                y = x * f.item() if target is x.dtype else (x.float() * f).to(target)
                bits = struct.unpack("<I", struct.pack("<f", factor))[0]
                out.write(f"{number} {to_number} {bits:08x} {zlib.crc32(raw(y)):08x}\n")


def real_edges():
    """Doubles near everything that rounding depends on."""
    borders = [2.0**-149, 2.0**-126, 2.0**-133, 2.0**-24, 2.0**-14, 2.0**-9, 2.0**-6, 2.0**-16, 2.0**-10,
               2.0**-7, 2.0**-15, 2.0**-17, 65504.0, 65520.0, 448.0, 464.0, 240.0, 248.0, 57344.0, 61440.0,
               3.3895313892515355e38, 3.4028234663852886e38, 2.0**127 * 1.5, 2.0**-127, 1 + 2.0**-11,
               1 + 3 * 2.0**-11, 1 + 2.0**-8, 1 + 3 * 2.0**-8, 1.0625, 1.1875, 1.125, 1.375, 1 + 2.0**-24,
               1.0, 1.5, 127.5, 255.5, 256.0, 32768.0, 65536.0, 2.0**31, 2.0**32, 2.0**63, 2.0**64]
    values = [0.0]
    for b in borders:
        f = np.float32(b)
        values += [b, np.nextafter(b, 0), np.nextafter(b, np.inf), b / 2]
        values += [float(np.nextafter(f, np.float32(0))), float(np.nextafter(f, np.float32(np.inf)))]
    rng = np.random.default_rng(13)
    values += list(rng.standard_normal(40) * np.exp(rng.standard_normal(40) * 9))
    values = np.array(values)
    return np.concatenate([values, -values, [np.inf, -np.inf]])


def edges_of(source):
    rng = np.random.default_rng(7)
    if source is torch.bool:
        return tensor(np.array([0, 1, 1, 0], np.uint8), source)
    if source is torch.float64:
        nans = np.array([0x7FF0000000000001, 0xFFF8123456789ABC, 0x7FF8000000000000], np.uint64)
        return tensor(np.concatenate([real_edges().view(np.uint64), nans]), source)
    if source is torch.float32:
        nans = np.array([0x7F800001, 0xFFABCDEF, 0x7FC00000], np.uint32)
        values = np.unique(real_edges().astype(np.float32).view(np.uint32))
        return tensor(np.concatenate([values, nans]), source)
    if source in INTEGERS:
        bits = BITS[source]
        near = [(1 << k) + d & (1 << bits) - 1 for k in range(0, bits, 3) for d in (-1, 0, 1)]
        near += [2049, 2051, 257, 259, (1 << 24) + 1, (1 << 24) + 3, 65519, 65520, (1 << bits) - 1, 464, 465]
        near = np.array([x & (1 << bits) - 1 for x in near], np.uint64)
        wild = rng.integers(0, 1 << 63, 24, dtype=np.uint64) * np.uint64(2) >> np.uint64(64 - bits)
        return tensor(np.concatenate([near, wild]).astype(UNSIGNED[bits]), source)
    part = {torch.complex32: torch.float16, torch.complex64: torch.float32, torch.complex128: torch.float64}
    parts = edges_of(part[source]) if source is not torch.complex32 else edges_of(torch.float32).to(torch.float16)
    some = parts[::3]
    return tensor(np.frombuffer(raw(some[: some.numel() // 2 * 2]), np.uint8), source)


def agreed(x, target):
    """Returns where torch gives the same for dense, strided and single elements at any offset."""
    n, size = x.numel(), BITS[target] // 8
    rows = lambda t: np.frombuffer(raw(t), np.uint8).reshape(-1, size)
    repeats = [rows(x[: n - cut].repeat(65).to(target))[: 65 * (n - cut)] for cut in range(9)]
    dense = repeats[0][:n].copy()
    steady = np.ones(n, bool)
    for r in repeats:
        each = r.reshape(65, -1, size)
        steady[: each.shape[1]] &= (each == dense[None, : each.shape[1]]).all((0, 2))
    strided = rows(torch.stack([x, x], 1)[:, 0].to(target))
    single = np.concatenate([rows(x[i : i + 1].clone().to(target)) for i in range(n)])
    return torch.from_numpy(steady & ((dense == strided) & (dense == single)).all(1))


def edges(out):
    for number, source in enumerate(TYPES):
        if source is None or (BITS[source] <= 16 and source is not torch.bool):
            continue
        for to_number, target in enumerate(TYPES):
            if target is None or target is source or (source.is_complex and is_real(target)):
                continue
            x = edges_of(source)
            if source.is_floating_point and target in INTEGERS:
                x = x[agreed(x, target)]
            y = x.repeat(32).to(target)[: x.numel()]  # long enough for torch's vector loops
            out.write(struct.pack("<III", number, to_number, x.numel()) + raw(x) + raw(y))


with open(os.path.join(HERE, "exhaustive.txt"), "w") as f:
    exhaustive(f)
with open(os.path.join(HERE, "edges.bin"), "wb") as f:
    edges(f)
