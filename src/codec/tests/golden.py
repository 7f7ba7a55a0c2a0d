"""Writes golden.json: chunks as zarr-python 2.18.7 and numcodecs 0.13.1 store them, with what they hold.

    pip install numcodecs==0.13.1 zarr==2.18.7 'numpy<2.3' msgpack
    python golden.py > golden.json
"""

import base64
import json
import sys

import numcodecs as nc
import numpy as np
import zarr

CASES = []
DATA = {}


def b64(data):
    return base64.b64encode(bytes(data)).decode()


def shared(value):
    """The number of the value in the table of expected ones, so that none is written twice."""
    return DATA.setdefault(json.dumps(value, ensure_ascii=False), len(DATA))


def case(name, data, **options):
    data = np.asarray(data) if options.get("object_codec") is None else data
    store = {}
    array = zarr.create(shape=data.shape, chunks=data.shape or None, dtype=data.dtype, store=store, **options)
    array[...] = data
    meta = json.loads(store[".zarray"])
    chunk = next(v for k, v in store.items() if not k.startswith("."))
    entry = {"name": name, "shape": data.shape, "stored": b64(chunk)}
    entry |= {k: meta[k] for k in ("dtype", "filters", "compressor")}
    back = zarr.open(store)[...]
    if back.dtype.kind in "OU":
        entry["holds"] = shared([str(s) for s in np.asarray(back).ravel().tolist()])
    else:
        little = back.astype(back.dtype.newbyteorder("<"))
        entry["holds"] = shared(b64(little.tobytes()))
    CASES.append(entry)


rng = np.random.default_rng(7)
ZSTD = nc.Zstd(level=12)
for code in "b1 i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8 c8 c16".split():
    if code[0] in "iu":
        info = np.iinfo(code)
        data = rng.integers(info.min, info.max, 12, dtype=code, endpoint=True).reshape(3, 4)
        data.flat[:2] = info.min, info.max
    elif code[0] == "b":
        data = rng.integers(0, 2, 12).astype("?").reshape(3, 4)
    else:
        data = rng.normal(size=12).reshape(3, 4)
        data = (data + 1j * data[::-1] if code[0] == "c" else data).astype(code)
    for order in "<>":
        case(f"{order}{code} zstd", data.astype(order + code), compressor=ZSTD)
    if code[0] in "iu":
        for order in "<>":
            delta = nc.Delta(dtype=order + code)
            case(f"{order}{code} delta zstd", data.astype(order + code), compressor=ZSTD, filters=[delta])
    if data.itemsize > 1:
        case(f"{code} shuffle raw", data, compressor=None, filters=[nc.Shuffle(elementsize=data.itemsize)])

# Not <i4 as <u8: NumPy sums those as floats, and numcodecs does not get back what it wrote.
near = np.arange(-12, 12).reshape(4, 6) * 3
for dtype, astype in ("<i2", "|i1"), ("<i8", "<i4"), (">i4", "<i2"), ("<u4", "<i2"), ("<i2", "<i8"):
    filters = [nc.Delta(dtype=dtype, astype=astype)]
    case(f"delta {dtype} as {astype}", (near + 40 * (dtype[1] == "u")).astype(dtype), compressor=ZSTD, filters=filters)
for dtype, astype in ("<f4", "<f4"), ("<f8", "<f8"), ("<f8", "<f4"), (">f4", "<f8"), ("<f2", "<f2"):
    filters = [nc.Delta(dtype=dtype, astype=astype)]
    case(f"delta {dtype} as {astype}", (rng.normal(size=12)).astype(dtype), compressor=ZSTD, filters=filters)
case("delta on the bits of f4, shuffle", rng.normal(size=12).astype("f4"), compressor=ZSTD,
     filters=[nc.Delta(dtype="<i4"), nc.Shuffle(elementsize=4)])
case("0-d", np.float64(-1.25), compressor=ZSTD)

smooth = (np.arange(256) // 8).astype("<i4").reshape(16, 16)
compressors = [None, nc.Zlib(6), nc.GZip(5), nc.BZ2(9), nc.LZ4(), nc.Zstd(1), nc.Zstd(3, checksum=True)]
for compressor in compressors:
    case(f"smooth {compressor}", smooth, compressor=compressor)
for cname in ["blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd"]:
    if cname in nc.blosc.list_compressors():
        for shuffle in (0, 1, 2, -1):
            case(f"blosc {cname} {shuffle}", smooth, compressor=nc.Blosc(cname, 5, shuffle))
case("blosc of bytes", smooth.astype("u1"), compressor=nc.Blosc("zstd", 9, -1))
case("blosc after delta", smooth, compressor=nc.Blosc("lz4", 5, 1), filters=[nc.Delta(dtype="<i4", astype="<i2")])
case("blosc of noise", rng.integers(0, 256, 64, dtype="u1"), compressor=nc.Blosc("lz4", 1, 0))

case("|S5", np.array([b"a", b"bcdef", b""], "S5"), compressor=ZSTD)
for order in "<>":
    case(f"{order}U6", np.array(["", "älpha", "\U0001f600 ok", "abcdef"], order + "U6"), compressor=ZSTD)
case("datetime", np.array(["2024-05-06T07:08:09.123456789", "NaT"], "<M8[ns]"), compressor=ZSTD)
case("timedelta", np.array([5, -7], ">m8[25s]"), compressor=ZSTD)

words = np.array([["", "face", "Cylinder Ø"], ["\U0001f600", "x" * 20, "a\nb"]], dtype=object)
for codec in nc.VLenUTF8(), nc.MsgPack(), nc.MsgPack(raw=False, use_bin_type=False), nc.JSON():
    for compressor in ZSTD, None, nc.Zlib(1), nc.GZip(1), nc.BZ2(1), nc.LZ4(), nc.Blosc("zstd"):
        name = compressor.codec_id if compressor else "raw"
        case(f"{codec.codec_id} {name}", words, compressor=compressor, object_codec=codec)
    one = np.array(["Cylinder"], dtype=object)
    case(f"{codec.codec_id} one", one, compressor=ZSTD, object_codec=codec)
    case(f"{codec.codec_id} 20", np.array([f"part_{i}" for i in range(20)], dtype=object), compressor=ZSTD,
         object_codec=codec)
scalar = np.empty((), dtype=object)
scalar[()] = "Ångström"
case("vlen-utf8 0-d", scalar, compressor=ZSTD, object_codec=nc.VLenUTF8())
case("json2 0-d", scalar, compressor=ZSTD, object_codec=nc.JSON())

sys.stdout.write('{"data": [\n' + ",\n".join(DATA) + '\n],\n"cases": [\n')
sys.stdout.write(",\n".join(json.dumps(c, separators=(",", ":")) for c in CASES) + "\n]}\n")
