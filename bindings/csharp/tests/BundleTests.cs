// Everything below a key in one call: what is in it, in which order, and that it is a copy.
//
// Invariant: an entry has the elements that a load of its key gives. Not here: single loads (ArrayTests.cs).

using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;

namespace DataStorage.Tests
{
    internal static class BundleTests
    {
        private const string Mixed = "[1.0,null,\"three\",{\"value\":18446744073709551616,\"b\":[]}]";

        internal static Case[] Cases() => new[]
        {
            new Case("mixed content on every store", MixedContent),
            new Case("every element type", EveryType),
            new Case("a part of the tree, one array, nothing", Parts),
            new Case("the members of a dictionary", DictionaryMembers),
            new Case("other types and kinds", Mismatches),
            new Case("it outlives the store, and is disposed", Life)
        };

        private static void Fill(Store store)
        {
            store.Save("faces/areas", new[] { 1.5f, 2.3f, 4.1f });
            store.Save("faces/normals", new[,] { { 0, 1, 2 }, { 3, 4, 5 } });
            store.SaveStrings("faces/names", new[] { "top", "", "Gehäuse \"歯車\"\n", "with\0nul" }, 2, 2);
            store.SaveString("name", "bracket");
            store.SaveScalar("scalar", 42L);
            store.Save("none", new double[0], 0, 3);
            store.SaveBytes("bytes", new byte[] { 0, 1, 255 });
            store.SaveJson("json/mixed", Mixed);
            store.SaveJson("json/null", "null");
            store.CreateGroup("empty");
        }

        private static void MixedContent()
        {
            foreach (Store store in Stores.Each("bundle"))
            {
                using (store)
                {
                    Fill(store);
                    using (Bundle all = store.LoadAll())
                    {
                        Check.Same(new[] { "bytes", "faces/areas", "faces/names", "faces/normals", "json/mixed", "json/null", "name", "none", "scalar" },
                            all.Keys);
                        Check.Same(new[] { 1.5f, 2.3f, 4.1f }, all.Load<float>("faces/areas"));
                        Check.Same(Enumerable.Range(0, 6), all.Load<int>("faces/normals"));
                        Check.Same(new long[] { 2, 3 }, all["faces/normals"].Shape);
                        Check.Same(store.LoadStrings("faces/names"), all.LoadStrings("faces/names"));
                        Check.Equal("with\0nul", all.LoadStrings("faces/names")[3]);
                        Check.Same(new long[] { 2, 2 }, all["faces/names"].Shape);
                        Check.Equal("bracket", all.LoadString("name"));
                        Check.Equal(42L, all.LoadScalar<long>("scalar"));
                        Check.Equal(0, all["scalar"].Shape.Length);
                        Check.Equal(0, all.Load<double>("none").Length);
                        Check.Same(new byte[] { 0, 1, 255 }, all.LoadBytes("bytes"));
                        Check.Same(store.LoadBytes("faces/areas"), all.LoadBytes("faces/areas"));
                        Check.Equal(store.LoadJson("json/mixed"), all.LoadJson("json/mixed"));
                        Check.Equal("null", all.LoadJson("json/null"));
                        Check.True(all["json/null"].Kind == NodeKind.Json && all["json/null"].DType == DType.None);
                        foreach (BundleEntry entry in all.Values)
                        {
                            NodeInfo info = store.Stat(entry.Key);
                            Check.Equal(info.Kind, entry.Kind);
                            Check.True(entry.Kind == NodeKind.Json || (info.DType == entry.DType && info.Elements == entry.Elements), entry.ToString());
                        }
                    }
                }
            }
        }

        private static void EveryType()
        {
            using (Store store = Store.OpenMemory())
            {
                Action<Bundle> check = _ => { };
                check += Add(store, "a", true, false);
                check += Add(store, "b", (sbyte)-1, (sbyte)127);
                check += Add(store, "c", (short)-1, short.MaxValue);
                check += Add(store, "d", -1, int.MaxValue);
                check += Add(store, "e", -1L, long.MaxValue);
                check += Add(store, "f", (byte)1, byte.MaxValue);
                check += Add(store, "g", (ushort)1, ushort.MaxValue);
                check += Add(store, "h", 1u, uint.MaxValue);
                check += Add(store, "i", 1ul, ulong.MaxValue);
                check += Add(store, "j", (Float16)0.5f, (Float16)(-2f));
                check += Add(store, "k", 0.5f, float.PositiveInfinity);
                check += Add(store, "l", 0.5, double.Epsilon);
                check += Add(store, "m", new Complex64(1, -1), new Complex64(0, 2));
                check += Add(store, "n", new Complex(1, -1), new Complex(0, 0.1));
                using (Bundle all = store.LoadAll())
                {
                    Check.Equal(14, all.Count);
                    check(all);
                }
            }
        }

        private static Action<Bundle> Add<T>(Store store, string key, params T[] two) where T : struct
        {
            store.Save(key, two);
            return all =>
            {
                Check.Same(two, all.Load<T>(key));
                Check.Equal(ElementTypes.Of<T>(), all[key].DType);
            };
        }

        private static void Parts()
        {
            using (Store store = Store.OpenMemory())
            {
                using (Bundle all = store.LoadAll())
                {
                    Check.Equal(0, all.Count);
                }
                Fill(store);
                using (Bundle faces = store.LoadAll("faces"))
                {
                    Check.Same(new[] { "faces/areas", "faces/names", "faces/normals" }, faces.Keys);
                }
                using (Bundle one = store.LoadAll("faces/areas"))
                {
                    Check.Same(new[] { 1.5f, 2.3f, 4.1f }, one.Load<float>("faces/areas"));
                    Check.Equal(1, one.Count);
                }
                using (Bundle none = store.LoadAll("empty"))
                {
                    Check.True(none.Count == 0 && !none.Any());
                }
                Check.Fails<KeyNotFoundException>(Status.NotFound, "nope", () => store.LoadAll("nope"));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "key", () => store.LoadAll(null));
            }
        }

        private static void DictionaryMembers()
        {
            using (Store store = Store.OpenMemory())
            {
                store.Save("a", new[] { 1 });
                store.Save("value", new[] { 2 });
                using (Bundle all = store.LoadAll())
                {
                    IReadOnlyDictionary<string, BundleEntry> dictionary = all;
                    BundleEntry entry;
                    Check.True(dictionary.TryGetValue("a", out entry) && entry.Key == "a" && dictionary.ContainsKey("value"));
                    Check.True(!dictionary.TryGetValue("b", out entry) && entry == null && !dictionary.ContainsKey("b"));
                    Check.Same(new[] { "a", "value" }, dictionary.Select(one => one.Key));
                    Check.Same(dictionary.Select(one => one.Value), dictionary.Values);
                    Check.Equal("value (I32 (1))", all["value"].ToString());
                    Check.Fails<KeyNotFoundException>(Status.NotFound, "b: is not among", () => all["b"].ToString());
                    Check.Fails<ArgumentException>(Status.InvalidArgument, "key", () => all.ContainsKey(null));
                    all["a"].Shape[0] = 7;
                    Check.Same(new long[] { 1 }, all["a"].Shape);
                }
            }
        }

        private static void Mismatches()
        {
            using (Store store = Store.OpenMemory())
            {
                Fill(store);
                using (Bundle all = store.LoadAll())
                {
                    Check.Fails<DataStorageException>(Status.DtypeMismatch, "faces/areas: data is float32, asked for float64",
                        () => all.Load<double>("faces/areas"));
                    Check.Fails<DataStorageException>(Status.DtypeMismatch, "faces/areas: data is float32, asked for string", () => all.LoadStrings("faces/areas"));
                    Check.Fails<DataStorageException>(Status.DtypeMismatch, "name: data is string, asked for uint8", () => all.Load<byte>("name"));
                    Check.Fails<DataStorageException>(Status.DtypeMismatch, "name: data is string, asked for bytes", () => all.LoadBytes("name"));
                    Check.Fails<DataStorageException>(Status.ShapeMismatch, "faces/areas: wanted 1 element, array has 3",
                        () => all.LoadScalar<float>("faces/areas"));
                    Check.Fails<DataStorageException>(Status.ShapeMismatch, "faces/names", () => all.LoadString("faces/names"));
                    Check.Fails<DataStorageException>(Status.WrongKind, "json/mixed: wanted an array", () => all.Load<int>("json/mixed"));
                    Check.Fails<DataStorageException>(Status.WrongKind, "json/mixed", () => all.LoadBytes("json/mixed"));
                    Check.Fails<DataStorageException>(Status.WrongKind, "json/null", () => all.LoadString("json/null"));
                    Check.Fails<DataStorageException>(Status.WrongKind, "bytes: wanted a JSON node, found bytes", () => all.LoadJson("bytes"));
                    Check.Fails<ArgumentException>(Status.InvalidArgument, "Char is no element type", () => all.Load<char>("faces/areas"));
                }
            }
        }

        private static void Life()
        {
            Bundle all;
            using (Store store = Store.OpenMemory())
            {
                Fill(store);
                all = store.LoadAll();
                store.Save("faces/areas", new[] { 9f });
            }
            float[] areas = all.Load<float>("faces/areas");
            string[] names = all.LoadStrings("faces/names");
            areas[0] = 7;
            names[0] = "changed";
            Check.Equal(1.5f, all.Load<float>("faces/areas")[0]);
            Check.Equal("top", all.LoadStrings("faces/names")[0]);
            all.Dispose();
            all.Dispose();
            Check.Fails<ObjectDisposedException>(Status.Closed, "faces/areas", () => all.Load<float>("faces/areas"));
            Check.Equal("bracket", all.LoadString("name"));
            Check.Equal(2.3f, areas[1]);
            using (GarbageTests.Collector())
            using (Store store = Store.OpenMemory())
            {
                Fill(store);
                for (int i = 0; i < 200; i++)
                {
                    Check.Equal(2.3f, store.LoadAll().Load<float>("faces/areas")[1]);
                }
            }
        }
    }
}
