// Metadata: values of each type, nesting, listing, and what does not fit; the reader and writer of JSON behind it.
//
// Invariant: a typed load gives what was saved or fails. Not here: scopes (SchemaTests.cs).

using System;

namespace DataStorage.Tests
{
    internal static class MetadataTests
    {
        internal static Case[] Cases() => new[]
        {
            new Case("values of each type", Values),
            new Case("nesting and listing", Nesting),
            new Case("what does not fit", Misfits),
            new Case("options as JSON", Json),
            new Case("numbers in a culture with a decimal comma", Culture)
        };

        private static void Values()
        {
            foreach (Store store in Stores.Each("metadata"))
            {
                using (store)
                {
                    store.SaveMetadata("bool", true);
                    store.SaveMetadata("int", -42);
                    store.SaveMetadata("long", long.MinValue);
                    store.SaveMetadata("ulong", ulong.MaxValue);
                    store.SaveMetadata("double", 0.1);
                    store.SaveMetadata("float", 0.25f);
                    store.SaveMetadata("text", "Gehäuse \U0001F529 \"q\" \\ \n");
                    store.SaveMetadataJson("list", "[1, 2.5, \"x\", null, {\"a\": false}]");
                    Check.True(store.LoadMetadata<bool>("bool"));
                    Check.Equal(-42, store.LoadMetadata<int>("int"));
                    Check.Equal((sbyte)-42, store.LoadMetadata<sbyte>("int"));
                    Check.Equal(-42.0, store.LoadMetadata<double>("int"));
                    Check.Equal(long.MinValue, store.LoadMetadata<long>("long"));
                    Check.Equal(ulong.MaxValue, store.LoadMetadata<ulong>("ulong"));
                    Check.Equal(0.1, store.LoadMetadata<double>("double"));
                    Check.Equal(0.25f, store.LoadMetadata<float>("float"));
                    Check.Equal("Gehäuse \U0001F529 \"q\" \\ \n", store.LoadMetadata<string>("text"));
                    Check.Equal("[1,2.5,\"x\",null,{\"a\":false}]", store.LoadMetadataJson("list"));
                }
            }
        }

        private static void Nesting()
        {
            foreach (Store store in Stores.Each("metadata_nesting"))
            {
                using (store)
                {
                    store.SaveMetadata("processing/duration", 12.5);
                    store.SaveMetadataJson("processing", "{\"host\": \"a\"}");
                    Check.Equal("{\"duration\":12.5,\"host\":\"a\"}", store.LoadMetadataJson("processing"));
                    Check.Same(new[] { "processing/duration", "processing/host" }, store.MetadataKeys());
                    Check.Same(new[] { "processing/duration", "processing/host" }, store.MetadataKeys("processing"));
                    store.DeleteMetadata("processing/host");
                    string host;
                    Check.True(!store.TryLoadMetadata("processing/host", out host) && host == null);
                    double duration;
                    Check.True(store.TryLoadMetadata("processing/duration", out duration) && duration == 12.5);
                    Check.Has("\"processing\"", store.LoadMetadataJson());
                    Check.Equal(MetadataScope.None, store.ScopeOfMetadata("processing/duration"));
                }
            }
        }

        private static void Misfits()
        {
            using (Store store = Store.OpenMemory())
            {
                store.SaveMetadata("large", 300);
                store.SaveMetadata("real", 1.5);
                store.SaveMetadata("text", "12");
                store.SaveMetadata("huge", 1e300);
                Check.Fails<DataStorageException>(Status.WrongKind, "large: wanted Byte, found 300", () => store.LoadMetadata<byte>("large"));
                Check.Fails<DataStorageException>(Status.WrongKind, "real: wanted Int32, found 1.5", () => store.LoadMetadata<int>("real"));
                Check.Fails<DataStorageException>(Status.WrongKind, "text: wanted Int32, found \"12\"", () => store.LoadMetadata<int>("text"));
                Check.Fails<DataStorageException>(Status.WrongKind, "huge: wanted Single", () => store.LoadMetadata<float>("huge"));
                Check.Fails<DataStorageException>(Status.WrongKind, "real: wanted DateTime", () => store.LoadMetadata<DateTime>("real"));
                Check.Fails<StoreKeyNotFoundException>(Status.NotFound, "nothing", () => store.LoadMetadata<int>("nothing"));
                Check.Fails<DataStorageException>(Status.Nan, "nan", () => store.SaveMetadata("nan", double.NaN));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "inf", () => store.SaveMetadata("inf", double.PositiveInfinity));
                Check.Fails<ArgumentException>(Status.Json, "broken", () => store.SaveMetadataJson("broken", "{\"a\": "));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "none: text is null", () => store.SaveMetadata("none", null));
            }
        }

        private static void Json()
        {
            var options = new Options
            {
                ["text"] = "a\"b\\c\n\u0001ä",
                ["numbers"] = new object[] { 1, -2L, 3.5, 0.1f, (byte)4, ulong.MaxValue },
                ["bools"] = new[] { true, false },
                ["empty"] = new int[0],
                ["nested"] = new Options { ["none"] = null }
            };
            options["text"] = "again";
            Check.Equal("{\"text\":\"again\",\"numbers\":[1,-2,3.5,0.1,4,18446744073709551615],\"bools\":[true,false],\"empty\":[]," +
                "\"nested\":{\"none\":null}}", options.ToString());
            Check.Equal("{\"a\":\"\\\"\\\\\\u000aä\"}", new Options { ["a"] = "\"\\\nä" }.ToString());
            Check.Equal("{}", new Options().ToString());
            Check.True((string)(Options)null == null);
            Check.Equal("again", (string)options["text"]);
            Check.Fails<StoreKeyNotFoundException>(Status.NotFound, "nothing", () => { object unused = options["nothing"]; });
            Check.Fails<ArgumentException>(Status.InvalidArgument, "DateTime", () => new Options { ["when"] = DateTime.Now }.ToString());
            Check.Fails<ArgumentException>(Status.InvalidArgument, "NaN", () => new Options { ["x"] = double.NaN }.ToString());
        }

        private static void Culture()
        {
            System.Globalization.CultureInfo before = System.Threading.Thread.CurrentThread.CurrentCulture;
            var comma = (System.Globalization.CultureInfo)System.Globalization.CultureInfo.InvariantCulture.Clone();
            comma.NumberFormat.NumberDecimalSeparator = ",";
            comma.NumberFormat.NegativeSign = "~";
            System.Threading.Thread.CurrentThread.CurrentCulture = comma;
            try
            {
                using (Store store = Store.OpenMemory())
                {
                    Check.Equal("{\"x\":-1.5,\"n\":-3}", new Options { ["x"] = -1.5, ["n"] = -3 }.ToString());
                    store.SaveMetadataJson("x", "-2.5e1");
                    Check.Equal(-25.0, store.LoadMetadata<double>("x"));
                    Check.Equal("(-1.5, 2)", new Complex64(-1.5f, 2).ToString());
                }
            }
            finally
            {
                System.Threading.Thread.CurrentThread.CurrentCulture = before;
            }
        }
    }
}
