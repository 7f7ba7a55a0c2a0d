// Wrong use: the right exception, with the library's own line.
//
// Invariant: a call that fails changes nothing. Not here: closed stores (LifeTests.cs), cancelled calls (ProgressTests.cs).

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace DataStorage.Tests
{
    internal static class WrongUseTests
    {
        internal static Case[] Cases() => new[]
        {
            new Case("missing keys and stores", Missing),
            new Case("other types, kinds and shapes", Mismatches),
            new Case("types that are no element types", NoElements),
            new Case("shapes that are no shapes", NoShapes),
            new Case("not-a-number", NotANumber),
            new Case("stores that cannot be written", ReadOnly),
            new Case("texts that are no keys, options or UTF-8", Texts),
            new Case("nulls", Nulls),
            new Case("two writers", TwoWriters),
            new Case("each status has its exception", EachStatus)
        };

        private static void Missing()
        {
            string directory = Check.Fresh("missing");
            foreach (Store store in Stores.Each("missing_keys"))
            {
                using (store)
                {
                    Check.Fails<KeyNotFoundException>(Status.NotFound, "no/such key", () => store.Load<int>("no/such key"));
                    Check.Fails<KeyNotFoundException>(Status.NotFound, "nope", () => store.LoadString("nope"));
                    Check.Fails<KeyNotFoundException>(Status.NotFound, "nope", () => store.Delete("nope"));
                    Check.Fails<KeyNotFoundException>(Status.NotFound, "nope", () => store.Stat("nope"));
                    Check.Fails<KeyNotFoundException>(Status.NotFound, "nope", () => store.LoadMetadataJson("nope"));
                    Check.Fails<KeyNotFoundException>(Status.NotFound, "nope", () => store.LoadRegion<int>("nope", new long[1], new long[1]));
                }
            }
            Check.Fails<FileNotFoundException>(Status.NotFound, "absent.zarr",
                () => Store.OpenZarr(directory + "/absent.zarr", new Options { ["mode"] = "r" }));
            Check.Fails<DataStorageException>(Status.AlreadyExists, "missing", () =>
            {
                Store.OpenZarr(directory + "/there.zarr").Dispose();
                Store.OpenZarr(directory + "/there.zarr", new Options { ["mode"] = "x" });
            });
        }

        private static void Mismatches()
        {
            foreach (Store store in Stores.Each("mismatches"))
            {
                using (store)
                {
                    store.Save("x", new[] { 1f, 2f, 3f });
                    store.CreateGroup("group");
                    Check.Fails<DataStorageException>(Status.DtypeMismatch, "x", () => store.Load<double>("x"));
                    Check.Fails<DataStorageException>(Status.DtypeMismatch, "x", () => store.LoadStrings("x"));
                    Check.Fails<DataStorageException>(Status.DtypeMismatch, "x", () => store.Append("x", new[] { 1 }));
                    Check.Fails<DataStorageException>(Status.WrongKind, "group", () => store.Load<float>("group"));
                    Check.Fails<DataStorageException>(Status.WrongKind, "x", () => store.Save("x/below", new[] { 1 }));
                    Check.Fails<DataStorageException>(Status.BufferTooSmall, "x", () => store.LoadInto("x", new float[2]));
                    Check.Fails<DataStorageException>(Status.ShapeMismatch, "x: wanted 1 element, array has 3", () => store.LoadScalar<float>("x"));
                    Check.Fails<DataStorageException>(Status.ShapeMismatch, "x: wanted 2 dimensions, array has 1", () => store.Load2D<float>("x"));
                    Check.Fails<DataStorageException>(Status.ShapeMismatch, "x", () => store.LoadRegion<float>("x", new long[] { 2 }, new long[] { 2 }));
                    Check.Fails<DataStorageException>(Status.ShapeMismatch, "x", () => store.Resize("x", 1, 1));
                    Check.Fails<DataStorageException>(Status.ShapeMismatch, "x", () => store.Append("x", new float[4], new long[] { 2, 2 }));
                    Check.Fails<DataStorageException>(Status.BufferTooSmall, "x",
                        () => store.LoadRegionInto("x", new long[] { 0 }, new long[] { 3 }, new Span<float>(new float[2])));
                    Check.Same(new[] { 1f, 2f, 3f }, store.Load<float>("x"));
                }
            }
        }

        private static void NoElements()
        {
            using (Store store = Store.OpenMemory())
            {
                Check.Fails<ArgumentException>(Status.InvalidArgument, "Char is no element type", () => store.Save("x", new[] { 'a' }));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "DateTime is no", () => store.Save("x", new DateTime[1]));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "Decimal is no", () => store.SaveScalar("x", 1m));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "DayOfWeek is no", () => store.Load<DayOfWeek>("x"));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "Char is no", () => store.Save("x", new char[1, 1]));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "KeyValuePair", () => store.Save("x", new KeyValuePair<string, int>[1]));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "Char is no", () => store.Append("x", new char[1]));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "Char is no", () => store.Create<char>("x", new long[] { 1 }));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "KeyValuePair",
                    () => store.SaveRegion("x", new long[1], new KeyValuePair<string, int>[1]));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "", () => store.Create("x", (DType)99, new long[] { 1 }));
                Check.Equal(0, store.Keys().Count);
            }
        }

        private static void NoShapes()
        {
            using (Store store = Store.OpenMemory())
            {
                var six = new int[6];
                Check.Fails<DataStorageException>(Status.ShapeMismatch, "x: shape (2, 2) has 4 elements, data has 6", () => store.Save("x", six, 2, 2));
                Check.Fails<DataStorageException>(Status.ShapeMismatch, "x: shape (4) has 4 elements, data has 6", () => store.Append("x", six, new long[] { 4 }));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "length -2 of dimension 0", () => store.Save("x", six, -2, -3));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "more elements than memory", () => store.Save("x", six, 1L << 40, 1L << 40));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "negative", () => store.Resize("x", -1));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "33, the limit is 32", () => store.Create<int>("x", new long[33]));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "offset has 1", () => store.LoadRegion<int>("x", new long[1], new long[2]));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "negative", () => store.LoadRegion<int>("x", new long[] { -1 }, new long[] { 1 }));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "axis -1", () => store.Append("x", six, null, -1));
                Check.Fails<NotSupportedException>(Status.Unsupported, "by regions",
                    () => store.LoadRegion<byte>("x", new long[] { 0 }, new long[] { 1L << 40 }));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "strides reach elements 0 to 6",
                    () => store.SaveStrided("x", new ReadOnlySpan<int>(six), 0, new long[] { 7 }, new long[] { 1 }));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "strides reach elements -1 to 4",
                    () => store.SaveStrided("x", new ReadOnlySpan<int>(six), 4, new long[] { 6 }, new long[] { -1 }));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "strides reach", () => store.SaveStrided("x", new ReadOnlySpan<int>(six), 0,
                    new[] { 2L, long.MaxValue / 4 }, new[] { long.MaxValue, long.MinValue }));
                Check.Equal(0, store.Keys().Count);
            }
        }

        private static void NotANumber()
        {
            using (Store store = Store.OpenZarr(Check.Fresh("nan") + "/part.zarr"))
            {
                Check.Fails<DataStorageException>(Status.Nan, "areas", () => store.Save("areas", new[] { 1f, float.NaN }));
                Check.Fails<DataStorageException>(Status.Nan, "areas", () => store.Save("areas", new[,] { { double.NaN } }));
                Check.Fails<DataStorageException>(Status.Nan, "areas", () => store.Save("areas", new[] { (Float16)float.NaN }));
                Check.True(!store.Exists("areas"));
            }
            using (Store store = Store.OpenMemory())
            {
                store.Save("areas", new[] { float.NaN });
                Check.True(float.IsNaN(store.LoadScalar<float>("areas")));
            }
        }

        private static void ReadOnly()
        {
            string path = Check.Fresh("read_only") + "/part.zarr";
            using (Store store = Store.OpenZarr(path))
            {
                store.Save("x", new[] { 1 });
                store.Compress();
            }
            foreach (string name in new[] { path, path + ".data" })
            {
                using (Store store = Store.OpenZarr(name))
                {
                    Check.Fails<NotSupportedException>(Status.ReadOnly, "", () => store.Save("y", new[] { 1 }));
                    Check.Fails<NotSupportedException>(Status.ReadOnly, "", () => store.Delete("x"));
                    Check.Fails<NotSupportedException>(Status.ReadOnly, "", () => store.SetSchema(SchemaTests.Cad()));
                    Check.Fails<NotSupportedException>(Status.ReadOnly, "", () => store.SetAttributes("x", "{}"));
                }
            }
        }

        private static void Texts()
        {
            using (Store store = Store.OpenMemory())
            {
                foreach (string key in new[] { "", "/x", "a//b", "../x", ".zarray", "a\\b", "a\nb", new string('k', 300) })
                {
                    Check.Fails<ArgumentException>(Status.InvalidArgument, "", () => store.Save(key, new[] { 1 }));
                }
                Check.Fails<ArgumentException>(Status.InvalidArgument, "a: text has a NUL at character 1 of 3", () => store.Save("a\0b", new[] { 1 }));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "NUL", () => store.SetDimensions("a", "d\0"));
                Check.Fails<ArgumentException>(Status.Utf8, "surrogate", () => store.Save("a\uD800b", new[] { 1 }));
                Check.Fails<ArgumentException>(Status.Utf8, "surrogate", () => store.SaveString("a", "\uDC00"));
                Check.Fails<ArgumentException>(Status.Utf8, "surrogate", () => store.SaveStrings("a", new[] { "fine", "\uDC00" }));
                Check.Fails<ArgumentException>(Status.Json, "", () => store.SaveJson("a", "{"));
                Check.Equal(0, store.Keys().Count);
            }
            Check.Fails<ArgumentException>(Status.InvalidArgument, "colour", () => Store.OpenMemory(new Options { ["colour"] = "red" }));
            Check.Fails<ArgumentException>(Status.Json, "", () => Store.OpenMemory("{mode"));
            Check.Fails<NotSupportedException>(Status.Unsupported, "s3", () => Store.Open("s3://bucket/part.zarr"));
            Check.Fails<DataStorageException>(Status.Corrupt, "", () => Store.OpenBytes(new byte[100]));
        }

        private static void Nulls()
        {
            using (Store store = Store.OpenMemory())
            {
                Check.Fails<ArgumentException>(Status.InvalidArgument, "NULL", () => store.Save(null, new[] { 1 }));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "x: data is null", () => store.Save("x", (int[])null));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "x: data is null", () => store.Save("x", (int[,])null));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "x: text is null", () => store.SaveString("x", null));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "x: string 1 is null", () => store.SaveStrings("x", new[] { "", null }));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "x: strings is null", () => store.SaveStrings("x", null));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "x: data is null", () => store.SaveBytes("x", null));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "x: text is null", () => store.SaveJson("x", null));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "schema: text is null", () => store.SetSchema((string)null));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "x: shape is null", () => store.Create<int>("x", null));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "destination is null", () => store.CopyTo(null));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "strings is null", () => store.SetDimensions("x", null));
            }
            Check.Fails<ArgumentException>(Status.InvalidArgument, "NULL", () => Store.Open(null));
        }

        private static void TwoWriters()
        {
            string path = Check.Fresh("writers") + "/part.zarr";
            using (Store store = Store.OpenZarr(path))
            {
                store.Save("x", new[] { 1 });
                Check.Fails<DataStorageException>(Status.Busy, "part.zarr", () => Store.OpenZarr(path));
            }
            Store.OpenZarr(path).Dispose();
        }

        /// <summary>Every status becomes an exception with that status, and every error of the binding is one of these.</summary>
        private static void EachStatus()
        {
            System.Reflection.MethodInfo create = typeof(Store).Assembly.GetType("DataStorage.Errors", true)
                .GetMethod("Create", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static);
            foreach (Status status in Enum.GetValues(typeof(Status)).Cast<Status>().Where(one => one != Status.Ok))
            {
                var error = (Exception)create.Invoke(null, new object[] { status, "key: reason", default(System.Threading.CancellationToken) });
                Check.True(error is IDataStorageError && ((IDataStorageError)error).Status == status, status.ToString());
                Check.Equal("key: reason", error.Message);
            }
        }
    }
}
