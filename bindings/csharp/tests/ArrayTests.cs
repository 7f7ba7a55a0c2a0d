// Arrays of every element type on every store: what is saved is loaded, from arrays, spans, T[,] and T[,,].
//
// Invariant: the sizes and types of the table of element types are those of memory and of the store.
// Not here: what is refused (WrongUseTests.cs).

using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using System.Runtime.InteropServices;

namespace DataStorage.Tests
{
    internal static class ArrayTests
    {
        internal static Case[] Cases() => new[]
        {
            new Case("every element type on every store", EveryType),
            new Case("empty arrays, scalars, arrays of many dimensions", Shapes),
            new Case("spans, and memory of the caller", Spans),
            new Case("strides", Strides),
            new Case("T[,] and T[,,]", MultiDim),
            new Case("a large array, larger than a chunk", Large),
            new Case("half precision and complex numbers", Numbers),
            new Case("bytes and JSON", BytesAndJson)
        };

        private static void EveryType()
        {
            foreach (Store store in Stores.Each("types"))
            {
                using (store)
                {
                    OneType(store, DType.Bool, "bool", true, false, true, true, false, true);
                    OneType(store, DType.I8, "int8", new sbyte[] { -128, 127, 0, 1, -1, 5 });
                    OneType(store, DType.I16, "int16", new short[] { short.MinValue, short.MaxValue, 0, 1, -1, 5 });
                    OneType(store, DType.I32, "int32", int.MinValue, int.MaxValue, 0, 1, -1, 5);
                    OneType(store, DType.I64, "int64", long.MinValue, long.MaxValue, 0L, 1L, -1L, 5L);
                    OneType<byte>(store, DType.U8, "uint8", 0, 255, 7, 8, 9, 10);
                    OneType<ushort>(store, DType.U16, "uint16", 0, ushort.MaxValue, 7, 8, 9, 10);
                    OneType(store, DType.U32, "uint32", 0u, uint.MaxValue, 7u, 8u, 9u, 10u);
                    OneType(store, DType.U64, "uint64", 0ul, ulong.MaxValue, 7ul, 8ul, 9ul, 10ul);
                    OneType(store, DType.F16, "float16", Enumerable.Range(0, 6).Select(i => (Float16)(i * 0.5f - 1)).ToArray());
                    OneType(store, DType.F32, "float32", 1.5f, -2.25f, float.MaxValue, float.PositiveInfinity, 0, 1e-45f);
                    OneType(store, DType.F64, "float64", 1.5, -2.25, double.MaxValue, double.NegativeInfinity, 0, 5e-324);
                    OneType(store, DType.C64, "complex64", Enumerable.Range(0, 6).Select(i => new Complex64(i, -i)).ToArray());
                    OneType(store, DType.C128, "complex128", Enumerable.Range(0, 6).Select(i => new Complex(i, 0.1 * i)).ToArray());
                }
            }
            Check.Equal(14, ElementTypes.All.Select(ElementTypes.Find).Distinct().Count());
            Check.Equal(DType.None, ElementTypes.Find(typeof(char)));
            Check.Equal(DType.None, ElementTypes.Find(typeof(decimal)));
            Check.Equal(DType.None, ElementTypes.Find(null));
        }

        private static void OneType<T>(Store store, DType type, string name, params T[] six) where T : struct
        {
            string key = "types/" + name;
            Check.Equal(type, ElementTypes.Of<T>());
            Check.Equal(name, ElementTypes.NameOf(type));
            Check.Equal(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(new T[1])).Length, ElementTypes.SizeOf(type));

            store.Save(key, six);
            Check.Same(six, store.Load<T>(key));
            Check.Equal(type, store.Stat(key).DType);
            Check.Equal(6L * ElementTypes.SizeOf(type), store.Stat(key).Bytes);

            store.Save(key, six, 2, 3);
            long[] shape;
            Check.Same(six, store.Load<T>(key, out shape));
            Check.Same(new long[] { 2, 3 }, shape);
            Check.Same(six, store.Load2D<T>(key).Cast<T>());
            Check.Same(new[] { six[2], six[5] }, store.LoadRegion<T>(key, new long[] { 0, 2 }, new long[] { 2, 1 }));

            store.SaveScalar(key, six[1]);
            Check.Equal(six[1], store.LoadScalar<T>(key));
            Check.Equal(0, store.Shape(key).Length);

            store.Save(key, new T[0]);
            Check.Equal(0, store.Load<T>(key).Length);
        }

        private static void Shapes()
        {
            foreach (Store store in Stores.Each("shapes"))
            {
                using (store)
                {
                    store.Save("none", new float[0], 0, 3);
                    Check.Same(new long[] { 0, 3 }, store.Shape("none"));
                    Check.Equal(0, store.Load<float>("none").Length);
                    Check.Equal(0, store.Load2D<float>("none").Length);

                    var deep = Enumerable.Repeat(1L, 32).ToArray();
                    deep[5] = 4;
                    store.Save("deep", new[] { 1, 2, 3, 4 }, deep);
                    Check.Same(deep, store.Shape("deep"));
                    Check.Same(new[] { 1, 2, 3, 4 }, store.Load<int>("deep"));

                    store.SaveScalar("scalar", 42);
                    long[] shape;
                    Check.Same(new[] { 42 }, store.Load<int>("scalar", out shape));
                    Check.Equal(0, shape.Length);
                    store.Save("one", new[] { 7L }, 1, 1);
                    Check.Equal(7L, store.LoadScalar<long>("one"));

                    long[] there;
                    Check.True(store.TryLoad("one", out there) && there[0] == 7);
                    Check.True(!store.TryLoad("nothing", out there) && there == null);
                }
            }
        }

        private static void Spans()
        {
            using (Store store = Store.OpenMemory())
            {
                var numbers = Enumerable.Range(0, 100).ToArray();
                store.Save("part", new ReadOnlySpan<int>(numbers, 10, 6), 2, 3);
                store.Save("writable", new Span<int>(numbers, 20, 4));
                Check.Same(new[] { 10, 11, 12, 13, 14, 15 }, store.Load<int>("part"));
                Check.Same(new[] { 20, 21, 22, 23 }, store.Load<int>("writable"));

                var target = new int[10];
                Check.Equal(6, store.LoadInto("part", new Span<int>(target, 2, 6)));
                Check.Same(new[] { 0, 0, 10, 11, 12, 13, 14, 15, 0, 0 }, target);
                Check.Equal(4, store.LoadInto("writable", target));
                Check.Equal(2, store.LoadRegionInto("part", new long[] { 1, 1 }, new long[] { 1, 2 }, new Span<int>(target)));
                Check.Same(new[] { 14, 15 }, target.Take(2));

                unsafe
                {
                    double* stack = stackalloc double[3];
                    stack[0] = 0.5;
                    stack[1] = 1.5;
                    stack[2] = 2.5;
                    store.Save("stack", new ReadOnlySpan<double>(stack, 3));
                    Check.Same(new[] { 0.5, 1.5, 2.5 }, store.Load<double>("stack"));
                }
            }
        }

        private static void Strides()
        {
            using (Store store = Store.OpenMemory())
            {
                ReadOnlySpan<int> six = new[] { 0, 1, 2, 3, 4, 5 };
                store.SaveStrided("transposed", six, 0, new long[] { 3, 2 }, new long[] { 1, 3 });
                Check.Same(new[] { 0, 3, 1, 4, 2, 5 }, store.Load<int>("transposed"));
                store.SaveStrided("reversed", six, 5, new long[] { 6 }, new long[] { -1 });
                Check.Same(new[] { 5, 4, 3, 2, 1, 0 }, store.Load<int>("reversed"));
                store.SaveStrided("repeated", six, 2, new long[] { 3 }, new long[] { 0 });
                Check.Same(new[] { 2, 2, 2 }, store.Load<int>("repeated"));
                store.SaveStrided("empty", six, 99, new long[] { 0 }, new long[] { 1 });
                Check.Equal(0, store.Load<int>("empty").Length);
            }
        }

        private static void MultiDim()
        {
            var plane = new[,] { { 1.5f, 2, 3 }, { 4, 5, 6 } };
            var cube = new short[2, 3, 4];
            var bools = new[,] { { true, false }, { false, true }, { true, true } };
            Buffer.BlockCopy(Enumerable.Range(0, 24).Select(i => (short)i).ToArray(), 0, cube, 0, 48);
            foreach (Store store in Stores.Each("multi_dim"))
            {
                using (store)
                {
                    store.Save("plane", plane);
                    store.Save("cube", cube);
                    store.Save("bools", bools);
                    store.Save("complex", new[,] { { new Complex(1, 2) } });
                    store.Save("empty", new int[0, 3]);
                    Check.Same(new long[] { 2, 3, 4 }, store.Shape("cube"));
                    Check.Same(plane.Cast<float>(), store.Load2D<float>("plane").Cast<float>());
                    Check.Same(plane.Cast<float>(), store.Load<float>("plane"));
                    Check.Equal((short)23, store.Load3D<short>("cube")[1, 2, 3]);
                    Check.Same(bools.Cast<bool>(), store.Load2D<bool>("bools").Cast<bool>());
                    Check.Equal(new Complex(1, 2), store.Load2D<Complex>("complex")[0, 0]);
                    Check.Equal(3, store.Load2D<int>("empty").GetLength(1));
                    float[,] corner = store.LoadRegion2D<float>("plane", new long[] { 1, 1 }, new long[] { 1, 2 });
                    Check.True(corner.GetLength(0) == 1 && corner[0, 0] == 5 && corner[0, 1] == 6);
                    Check.Equal((short)17, store.LoadRegion3D<short>("cube", new long[] { 1, 1, 1 }, new long[] { 1, 1, 1 })[0, 0, 0]);
                }
            }
        }

        private static void Large()
        {
            string directory = Check.Fresh("large");
            var numbers = Enumerable.Range(0, 3000000).ToArray();
            using (Store store = Store.OpenZarr(directory + "/large.zarr"))
            {
                store.Save("numbers", numbers, 1000, 3000);
                store.Compress();
            }
            using (Store store = Store.OpenZarr(directory + "/large.zarr"))
            {
                Check.True(numbers.SequenceEqual(store.Load<int>("numbers")));
                Check.True(store.Stat("numbers").Chunks > 1);
            }
        }

        private static void Numbers()
        {
            Check.Equal(0x3C00, ((Float16)1f).Bits);
            Check.Equal(0xC000, ((Float16)(-2f)).Bits);
            Check.Equal(0x7BFF, ((Float16)65504f).Bits);
            Check.Equal(0x7C00, ((Float16)65520f).Bits); // half way to 65536: to even, which is infinity
            Check.Equal(0x7BFF, ((Float16)65519f).Bits);
            Check.Equal(0x0001, ((Float16)5.9604645e-8f).Bits);
            Check.Equal(0x0000, ((Float16)2.9802322e-8f).Bits); // half of the smallest: to even, which is 0
            Check.Equal(0x0001, ((Float16)2.9802326e-8f).Bits);
            Check.Equal(0x0400, ((Float16)6.1035156e-5f).Bits);
            Check.Equal(0xFC00, ((Float16)float.NegativeInfinity).Bits);
            Check.True(float.IsNaN((float)(Float16)float.NaN));
            for (int bits = 0; bits < 0x10000; bits++)
            {
                var half = new Float16((ushort)bits);
                bool nan = (bits & 0x7FFF) > 0x7C00;
                Check.True(nan ? float.IsNaN((float)half) : ((Float16)(float)half).Bits == bits, "half " + bits.ToString("x4"));
            }
            Check.Equal(new Complex(1, -2), (Complex)new Complex64(1, -2));
            Check.Equal(new Complex64(0.5f, 3), (Complex64)new Complex(0.5, 3));
            Check.Equal("(1.5, -2)", new Complex64(1.5f, -2).ToString());
            Check.Equal("0.5", ((Float16)0.5f).ToString());
        }

        private static void BytesAndJson()
        {
            foreach (Store store in Stores.Each("bytes"))
            {
                using (store)
                {
                    byte[] all = Enumerable.Range(0, 256).Select(i => (byte)i).ToArray();
                    store.SaveBytes("bytes", all);
                    store.SaveBytes("no_bytes", new byte[0]);
                    Check.Same(all, store.LoadBytes("bytes"));
                    Check.Equal(0, store.LoadBytes("no_bytes").Length);
                    Check.Equal(NodeKind.Bytes, store.Stat("bytes").Kind);

                    store.SaveJson("tree", "{\"a\": [1, 2], \"b\": {\"c\": \"text\"}, \"mixed\": [1, \"x\", null]}");
                    Check.Same(new long[] { 1, 2 }, store.Load<long>("tree/a"));
                    Check.Equal("text", store.LoadString("tree/b/c"));
                    Check.Equal(NodeKind.Json, store.Stat("tree/mixed").Kind);
                    Check.Equal("[1,2]", store.LoadJson("tree/a").Replace(" ", ""));
                }
            }
        }
    }
}
