// The tree: groups, listings, moving, dimensions, attributes, paths; copies between stores and archives in memory.
//
// Invariant: keys of every script are kept. Not here: elements.

using System;
using System.Linq;

namespace DataStorage.Tests
{
    internal static class NodeTests
    {
        internal static Case[] Cases() => new[]
        {
            new Case("groups and listings", Tree),
            new Case("dimensions and attributes", Names),
            new Case("paths and formats", Paths),
            new Case("copies", Copies),
            new Case("archives in memory", Archives),
            new Case("verifying", Verifying),
            new Case("the library", Library)
        };

        private static void Tree()
        {
            foreach (Store store in Stores.Each("tree"))
            {
                using (store)
                {
                    Check.Equal(0, store.Keys().Count);
                    store.Save("faces/areas", new[] { 1f });
                    store.Save("faces/deep/Größe 歯", new[] { 1 });
                    store.SaveBytes("raw", new byte[] { 1, 2 });
                    store.CreateGroup("empty/group");
                    store.CreateGroup("empty/group");
                    Check.Same(new[] { "empty", "faces", "raw" }, store.Keys());
                    Check.Same(new[] { "faces/areas (Array)", "faces/deep (Group)" }, store.List("faces").Select(one => one.ToString()));
                    Check.Same(new[] { "empty", "empty/group", "faces", "faces/areas", "faces/deep", "faces/deep/Größe 歯", "raw" },
                        store.List("", true).Select(one => one.Key));
                    Check.True(store.Exists("faces") && store.Exists("faces/deep/Größe 歯") && !store.Exists("nothing"));
                    Check.Equal(NodeKind.Group, store.Stat("faces").Kind);
                    Check.Equal(NodeKind.Group, store.Stat("").Kind);
                    Check.Equal(3L, store.Stat("").Elements);

                    store.Rename("faces/deep", "moved/here");
                    Check.True(!store.Exists("faces/deep") && store.Exists("moved/here/Größe 歯"));
                    store.Delete("moved");
                    Check.True(!store.Exists("moved"));
                    NodeInfo info = store.Stat("faces/areas");
                    Check.True(info.Kind == NodeKind.Array && info.DType == DType.F32 && info.Ndim == 1 && info.Elements == 1 && info.Bytes == 4);
                }
            }
        }

        private static void Names()
        {
            foreach (Store store in Stores.Each("names"))
            {
                using (store)
                {
                    store.Save("x", new int[6], 2, 3);
                    Check.Same(new[] { "x_dim_0", "x_dim_1" }, store.GetDimensions("x"));
                    store.SetDimensions("x", "row", "Spalte \"ä\"");
                    Check.Same(new[] { "row", "Spalte \"ä\"" }, store.GetDimensions("x"));
                    store.SaveScalar("scalar", 1);
                    Check.Equal(0, store.GetDimensions("scalar").Length);
                    store.SetAttributes("x", new Options { ["unit"] = "mm²", ["scale"] = 0.5, ["tags"] = new[] { "a", "b" }, ["none"] = null });
                    Check.Equal("{\"unit\":\"mm²\",\"scale\":0.5,\"tags\":[\"a\",\"b\"],\"none\":null}", store.GetAttributes("x"));
                    store.SetAttributes("", "{\"root\": true}");
                    Check.Equal("{\"root\":true}", store.GetAttributes(""));
                }
            }
        }

        private static void Paths()
        {
            string directory = Check.Fresh("paths ä");
            using (Store store = Store.Open("zarr:" + directory + "/Teil ß.zarr"))
            {
                store.Save("face areas", new[] { 1f });
                Check.Equal("zarr", store.Format);
                Check.Equal(directory + "/Teil ß.zarr", store.Path());
                Check.True(System.IO.Directory.Exists(store.Path("face areas")));
            }
            using (Store store = Store.Open("json:" + directory + "/json"))
            {
                Check.Equal("json", store.Format);
            }
            using (Store store = Store.Open("memory:"))
            {
                Check.Equal("memory", store.Format);
                Check.Equal("In-memory storage: No file path for key 'face_areas'", store.Path("face_areas"));
            }
        }

        private static void Copies()
        {
            string directory = Check.Fresh("copies");
            using (Store source = Store.OpenMemory())
            using (Store target = Store.OpenZarr(directory + "/target.zarr"))
            {
                source.Save("faces/areas", new[] { 1f, 2f });
                source.Save("edges/lengths", new[] { 1.0, 2.0 });
                source.SaveMetadata("label", 3);
                Check.Equal(1L, source.CopyTo(target, new Options { ["keys"] = new[] { "faces" }, ["profile"] = "compact" }));
                Check.True(target.Exists("faces/areas") && !target.Exists("edges"));
                Check.Equal(2L, source.CopyTo(target));
                Check.Same(new[] { 1.0, 2.0 }, target.Load<double>("edges/lengths"));
                Check.Equal(3, target.LoadMetadata<int>("label"));
            }
        }

        private static void Archives()
        {
            byte[] bytes;
            using (Store store = Store.OpenMemory())
            {
                store.Save("x", new[] { 1, 2, 3 });
                store.SaveString("name", "bracket");
                bytes = store.ToBytes(new Options { ["profile"] = "portable" });
                store.Save("later", new[] { 1 });
            }
            Check.True(bytes.Length > 100 && bytes[0] == 'P' && bytes[1] == 'K');
            using (Store store = Store.OpenBytes(bytes))
            {
                Array.Clear(bytes, 0, bytes.Length); // they were copied
                Check.Same(new[] { 1, 2, 3 }, store.Load<int>("x"));
                Check.Equal("bracket", store.LoadString("name"));
                Check.True(!store.Exists("later"));
                Check.Fails<NotSupportedException>(Status.ReadOnly, "", () => store.Save("y", new[] { 1 }));
                using (Store again = Store.OpenBytes(new ReadOnlySpan<byte>(store.ToBytes()), new Options { ["mode"] = "r" }))
                {
                    Check.Same(new[] { 1, 2, 3 }, again.Load<int>("x"));
                }
            }
        }

        private static void Verifying()
        {
            string path = Check.Fresh("verifying") + "/part.zarr";
            string chunk;
            using (Store store = Store.OpenZarr(path))
            {
                store.Save("a", Enumerable.Range(0, 1000).ToArray());
                store.Save("b", new[] { 1f });
                Verification sound = store.Verify();
                Check.True(sound.Sound && sound.Findings.Count == 0);
                chunk = store.Path("a") + "/0";
            }
            byte[] bytes = System.IO.File.ReadAllBytes(chunk);
            bytes[bytes.Length / 2] ^= 1;
            System.IO.File.WriteAllBytes(chunk, bytes);
            using (Store store = Store.OpenZarr(path))
            {
                Verification altered = store.Verify();
                Check.True(!altered.Sound && altered.Findings.Count > 0 && altered.Findings[0].Key == "a" && altered.Findings[0].Text.Length > 0,
                    altered.Report);
                Check.Fails<DataStorageException>(Status.Corrupt, "a", () => store.Load<int>("a"));
            }
            bytes[bytes.Length / 2] ^= 1;
            System.IO.File.WriteAllBytes(chunk, bytes);
            System.IO.File.AppendAllText(path + "/a/.zattrs", " "); // as another tool would rewrite it
            using (Store store = Store.OpenZarr(path))
            {
                Check.True(!store.Verify().Sound);
                Verification repaired = store.Verify(repairRecords: true);
                Check.True(repaired.Sound && store.Verify().Sound, repaired.Report + store.Verify().Report);
            }
        }

        private static void Library()
        {
            Check.True(DataStorageLibrary.Version >= new Version(0, 1, 0));
            Check.True(DataStorageLibrary.HasFeature("zarr") && !DataStorageLibrary.HasFeature("floppy"));
            Check.Equal("DS_ERR_NOT_FOUND", DataStorageLibrary.NameOf(Status.NotFound));
            Check.Equal("DS_OK", DataStorageLibrary.NameOf(Status.Ok));
            DataStorageLibrary.Configure(new Options { ["staging_budget"] = 64 << 20 });
            Check.Fails<ArgumentException>(Status.InvalidArgument, "colour", () => DataStorageLibrary.Configure("{\"colour\": 1}"));
        }
    }
}
