// Views: every element type where it can be viewed, what is refused, orders, and how long a view lives.
//
// Invariant: a view has the elements that a load gives. Not here: the cases of the library itself (tests/views.rs).

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Numerics;

namespace DataStorage.Tests
{
    internal static class ViewTests
    {
        private static readonly Options Raw = new Options { Codec = "none", Profile = "portable", ChunkElements = 1L << 40 };
        private static readonly Options Mapped = new Options { Mode = "r", Mmap = true };

        internal static Case[] Cases() => new[]
        {
            new Case("every element type in memory and in a mapped archive", EveryType),
            new Case("scalars, empty arrays, bytes", Small),
            new Case("what cannot be viewed", Refused),
            new Case("other orders of the elements", Orders),
            new Case("indices that are none", WrongIndices),
            new Case("the store ends, the key is saved again", Outlives),
            new Case("use after disposing", Disposed),
            new Case("views that nothing else holds", OnlyTheCall),
            new Case("disposing under readers", DisposedUnderReaders)
        };

        private static void EveryType()
        {
            string path = Check.Fresh("view_types") + "/part.zarr";
            using (Store memory = Store.OpenMemory())
            using (Store written = Store.OpenZarr(path, Raw))
            {
                SaveEach(memory);
                SaveEach(written);
                written.Compress();
                ViewEach(memory);
            }
            using (Store mapped = Store.OpenZarr(path, Mapped))
            using (Store bytes = Store.OpenBytes(File.ReadAllBytes(path + ".data")))
            {
                ViewEach(mapped);
                ViewEach(bytes);
            }
        }

        private static void SaveEach(Store store)
        {
            store.Save("bool", new[] { true, false, true, true, false, true }, 2, 3);
            store.Save("int8", new sbyte[] { -128, 127, 0, 1, -1, 5 }, 2, 3);
            store.Save("int16", new short[] { short.MinValue, short.MaxValue, 0, 1, -1, 5 }, 2, 3);
            store.Save("int32", new[] { int.MinValue, int.MaxValue, 0, 1, -1, 5 }, 2, 3);
            store.Save("int64", new[] { long.MinValue, long.MaxValue, 0L, 1L, -1L, 5L }, 2, 3);
            store.Save("uint8", new byte[] { 0, 255, 7, 8, 9, 10 }, 2, 3);
            store.Save("uint16", new ushort[] { 0, ushort.MaxValue, 7, 8, 9, 10 }, 2, 3);
            store.Save("uint32", new[] { 0u, uint.MaxValue, 7u, 8u, 9u, 10u }, 2, 3);
            store.Save("uint64", new[] { 0ul, ulong.MaxValue, 7ul, 8ul, 9ul, 10ul }, 2, 3);
            store.Save("float16", Enumerable.Range(0, 6).Select(i => (Float16)(i * 0.5f - 1)).ToArray(), 2, 3);
            store.Save("float32", new[] { 1.5f, -2.25f, float.MaxValue, float.PositiveInfinity, 0, 1e-45f }, 2, 3);
            store.Save("float64", new[] { 1.5, -2.25, double.MaxValue, double.NegativeInfinity, 0, 5e-324 }, 2, 3);
            store.Save("complex64", Enumerable.Range(0, 6).Select(i => new Complex64(i, -i)).ToArray(), 2, 3);
            store.Save("complex128", Enumerable.Range(0, 6).Select(i => new Complex(i, 0.1 * i)).ToArray(), 2, 3);
        }

        private static void ViewEach(Store store)
        {
            ViewOne<bool>(store);
            ViewOne<sbyte>(store);
            ViewOne<short>(store);
            ViewOne<int>(store);
            ViewOne<long>(store);
            ViewOne<byte>(store);
            ViewOne<ushort>(store);
            ViewOne<uint>(store);
            ViewOne<ulong>(store);
            ViewOne<Float16>(store);
            ViewOne<float>(store);
            ViewOne<double>(store);
            ViewOne<Complex64>(store);
            ViewOne<Complex>(store);
        }

        private static void ViewOne<T>(Store store) where T : struct
        {
            string key = ElementTypes.NameOf(ElementTypes.Of<T>());
            T[] wanted = store.Load<T>(key);
            Check.Equal(6, wanted.Length);
            foreach (bool copy in new[] { false, true })
            {
                using (ArrayView<T> view = store.View<T>(key, copy))
                {
                    Check.True(view.IsBorrowed && view.IsRowMajor && view.Elements == 6);
                    Check.Same(new long[] { 2, 3 }, view.Shape);
                    Check.Same(new long[] { 3, 1 }, view.Strides);
                    Check.Same(wanted, view.Span.ToArray());
                    Check.Same(wanted, view.ToArray());
                    Check.Equal(wanted[5], view[1, 2]);
                    Check.Equal(wanted[3], view[new long[] { 1, 0 }]);
                    Check.Equal(wanted[1], view.Read(elements => elements[1]));
                }
            }
            if (typeof(T) != typeof(double))
            {
                Check.Fails<DataStorageException>(Status.DtypeMismatch, key + ": data is " + key + ", asked for float64",
                    () => store.View<double>(key));
            }
        }

        private static void Small()
        {
            using (Store store = Store.OpenMemory())
            {
                store.SaveScalar("scalar", 42);
                store.Save("empty", new float[0], 0, 3);
                store.SaveBytes("bytes", new byte[] { 1, 2, 3 });
                store.Save("line", new[] { 5L, 6L, 7L });
                using (ArrayView<int> view = store.View<int>("scalar"))
                {
                    Check.Equal(0, view.Shape.Length);
                    Check.Equal(42, view.Span[0]);
                    Check.Equal(42, view[new long[0]]);
                    Check.Same(new[] { 42 }, view.ToArray());
                }
                using (ArrayView<float> view = store.View<float>("empty"))
                {
                    Check.Same(new long[] { 0, 3 }, view.Shape);
                    Check.True(view.IsRowMajor && view.Span.IsEmpty && view.ToArray().Length == 0 && view.Elements == 0);
                }
                using (ArrayView<byte> view = store.View<byte>("bytes"))
                {
                    Check.Same(new byte[] { 1, 2, 3 }, view.ToArray());
                }
                using (ArrayView<long> view = store.View<long>("line"))
                {
                    view.Shape[0] = 1000; // a copy of the shape: it changes nothing
                    Check.Equal(7L, view[2]);
                    Check.Fails<ArgumentException>(Status.InvalidArgument, "line: index 3 of dimension 0 is outside of length 3", () => view[3].ToString());
                }
            }
        }

        private static void Refused()
        {
            string directory = Check.Fresh("view_refused");
            using (Store store = Store.OpenZarr(directory + "/part.zarr"))
            {
                store.Save("areas", Enumerable.Range(0, 3000).Select(i => i * 0.5f).ToArray());
                store.SaveString("name", "bracket");
                store.CreateGroup("group");
                store.Compress();
            }
            using (Store store = Store.OpenZarr(directory + "/part.zarr", Mapped))
            {
                Check.Fails<NotSupportedException>(Status.Unsupported, "areas: cannot be viewed: it is compressed with zstd",
                    () => store.View<float>("areas"));
                using (ArrayView<float> view = store.View<float>("areas", copy: true))
                {
                    Check.True(!view.IsBorrowed && view.IsRowMajor);
                    Check.Equal(1499.5f, view.Span[2999]);
                    Check.Same(store.Load<float>("areas"), view.ToArray());
                }
                Check.Fails<DataStorageException>(Status.DtypeMismatch, "areas: data is float32, asked for int32", () => store.View<int>("areas", true));
                Check.Fails<DataStorageException>(Status.DtypeMismatch, "name", () => store.View<byte>("name", true));
                Check.Fails<DataStorageException>(Status.WrongKind, "group", () => store.View<int>("group"));
                Check.Fails<KeyNotFoundException>(Status.NotFound, "nope", () => store.View<int>("nope"));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "Char is no element type", () => store.View<char>("areas"));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "key", () => store.View<int>(null));
            }
            using (Store store = Store.OpenJson(directory + "/json"))
            {
                store.Save("x", new[] { 1, 2 });
                Check.Fails<NotSupportedException>(Status.Unsupported, "x: cannot be viewed", () => store.View<int>("x"));
                using (ArrayView<int> view = store.View<int>("x", true))
                {
                    Check.Same(new[] { 1, 2 }, view.ToArray());
                }
            }
        }

        /// <summary>Arrays as other programs write them: column-major, and in a chunk that is larger than they are.</summary>
        private static void Orders()
        {
            string path = Check.Fresh("view_orders") + "/part.zarr";
            Foreign(path, "columns", "F", "[2,3,4]", "[2,3,4]", "0.0.0", 24);
            Foreign(path, "padded", "C", "[3,5]", "[4,6]", "0.0", 24);
            Foreign(path, "both", "F", "[3,5]", "[4,6]", "0.0", 24);
            Foreign(path, "flat", "F", "[1,24]", "[1,24]", "0.0", 24);
            using (Store store = Store.OpenZarr(path))
            {
                store.Compress();
            }
            using (Store store = Store.OpenZarr(path, Mapped))
            {
                Order(store, "columns", 1, 2, 6);
                Order(store, "padded", 6, 1);
                Order(store, "both", 1, 4);
                using (ArrayView<byte> view = store.View<byte>("flat"))
                {
                    Check.True(view.IsRowMajor);
                    Check.Same(store.Load<byte>("flat"), view.Span.ToArray());
                }
            }
        }

        private static void Foreign(string path, string name, string order, string shape, string chunks, string chunk, int bytes)
        {
            Directory.CreateDirectory(path + "/" + name);
            File.WriteAllText(path + "/.zgroup", "{\"zarr_format\":2}");
            File.WriteAllText(path + "/" + name + "/.zarray", "{\"zarr_format\":2,\"dtype\":\"|u1\",\"shape\":" + shape + ",\"chunks\":" + chunks +
                ",\"order\":\"" + order + "\",\"compressor\":null,\"filters\":null,\"fill_value\":0}");
            File.WriteAllBytes(path + "/" + name + "/" + chunk, Enumerable.Range(1, bytes).Select(i => (byte)i).ToArray());
        }

        private static void Order(Store store, string key, params long[] strides)
        {
            long[] shape;
            byte[] wanted = store.Load<byte>(key, out shape);
            using (ArrayView<byte> view = store.View<byte>(key))
            {
                Check.True(view.IsBorrowed && !view.IsRowMajor, key);
                Check.Same(strides, view.Strides);
                Check.Same(shape, view.Shape);
                Check.Same(wanted, view.ToArray());
                Check.Equal(wanted.Last(), view[shape.Select(length => length - 1).ToArray()]);
                Check.Fails<NotSupportedException>(Status.Unsupported, key + ": has no span", () => view.Span.ToArray());
                Check.Fails<NotSupportedException>(Status.Unsupported, "not row-major", () => view.Read(elements => elements.Length));
            }
        }

        private static void WrongIndices()
        {
            using (Store store = Store.OpenMemory())
            {
                store.Save("x", new[] { 1, 2, 3, 4, 5, 6 }, 2, 3);
                using (ArrayView<int> view = store.View<int>("x"))
                {
                    foreach (long[] index in new[] { new long[] { 2, 0 }, new long[] { 0, 3 }, new long[] { -1, 0 }, new[] { 0, long.MaxValue } })
                    {
                        Check.Fails<ArgumentException>(Status.InvalidArgument, "x: index ", () => view[index].ToString());
                        Check.Fails<ArgumentException>(Status.InvalidArgument, "x: index ", () => view[index[0], index[1]].ToString());
                    }
                    Check.Fails<ArgumentException>(Status.InvalidArgument, "x: index has 1 dimensions, array has 2", () => view[0].ToString());
                    Check.Fails<ArgumentException>(Status.InvalidArgument, "x: index has 3 dimensions", () => view[0, 0, 0].ToString());
                    Check.Fails<ArgumentException>(Status.InvalidArgument, "x: index is null", () => view[(long[])null].ToString());
                    Check.Fails<ArgumentException>(Status.InvalidArgument, "x: read is null", () => view.Read<int>(null));
                }
            }
        }

        private static void Outlives()
        {
            string path = Check.Fresh("view_outlives") + "/part.zarr";
            using (Store store = Store.OpenZarr(path, Raw))
            {
                store.Save("x", Enumerable.Range(0, 5000).ToArray());
                store.Compress();
            }
            ArrayView<int> mapped, kept, loaded;
            using (Store store = Store.OpenZarr(path, Mapped))
            using (Store memory = Store.OpenMemory())
            {
                mapped = store.View<int>("x");
                memory.Save("x", new[] { 1, 2, 3 });
                kept = memory.View<int>("x");
                loaded = memory.View<int>("x", true);
                memory.Save("x", new[] { 9, 9, 9 });
                Check.Same(new[] { 1, 2, 3 }, kept.Span.ToArray());
                memory.Delete("x");
            }
            GC.Collect();
            GC.WaitForPendingFinalizers();
            using (mapped)
            using (kept)
            using (loaded)
            {
                Check.True(mapped.IsBorrowed && mapped.ToArray().SequenceEqual(Enumerable.Range(0, 5000)));
                Check.Same(new[] { 1, 2, 3 }, kept.ToArray());
                Check.Same(new[] { 1, 2, 3 }, loaded.ToArray());
            }
        }

        private static void Disposed()
        {
            using (Store store = Store.OpenMemory())
            {
                store.Save("x", new[] { 1, 2, 3 });
                ArrayView<int> view = store.View<int>("x");
                view.Dispose();
                view.Dispose();
                Action[] uses = { () => view.Span.ToArray(), () => view.ToArray(), () => view[0].ToString(), () => view.Read(all => all[0]) };
                foreach (Action use in uses)
                {
                    Check.Fails<ObjectDisposedException>(Status.Closed, "x: view was disposed", use);
                }
                Check.Same(new long[] { 3 }, view.Shape);
            }
        }

        private static void OnlyTheCall()
        {
            using (GarbageTests.Collector())
            using (Store store = Store.OpenMemory())
            {
                var numbers = Enumerable.Range(0, 100000).ToArray();
                for (int i = 0; i < 200; i++)
                {
                    store.Save("x", numbers); // takes the memory of the last views away from the store
                    Check.True(store.View<int>("x").ToArray().SequenceEqual(numbers), "elements went while they were copied");
                    Check.Equal(4999950000L, store.View<int>("x").Read(Sum));
                    Check.Equal(70, store.View<int>("x")[70]);
                    ArrayView<int> view = store.View<int>("x");
                    store.Delete("x");
                    Check.Equal(4999950000L, Sum(view.Span));
                    GC.KeepAlive(view);
                }
            }
        }

        private static long Sum(ReadOnlySpan<int> elements)
        {
            long sum = 0;
            foreach (int element in elements)
            {
                sum += element;
            }
            return sum;
        }

        private static void DisposedUnderReaders()
        {
            using (Store store = Store.OpenMemory())
            {
                for (int round = 0; round < 100; round++)
                {
                    store.Save("x", Enumerable.Range(0, 20000).ToArray());
                    ArrayView<int> view = store.View<int>("x");
                    store.Delete("x");
                    LifeTests.InThreads(3, number =>
                    {
                        try
                        {
                            for (int i = 0; number > 0 || i < 3; i++)
                            {
                                Check.Equal(199990000L, view.Read(Sum));
                                Check.Equal(i % 20000, view[i % 20000]);
                            }
                            view.Dispose();
                        }
                        catch (ObjectDisposedException)
                        {
                            Check.True(number > 0);
                        }
                    });
                }
            }
        }
    }
}
