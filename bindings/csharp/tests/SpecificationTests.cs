// The workflow of the specification, as a .NET program writes it: a schema, arrays, metadata, one file, read again.
//
// Invariant: the values are those the specification states. Not here: every type and every failure.

using System;
using System.IO;

namespace DataStorage.Tests
{
    internal static class SpecificationTests
    {
        internal static Case[] Cases() => new[]
        {
            new Case("complete CAD encoding workflow", Workflow),
            new Case("JSON export", JsonExport),
            new Case("nested metadata keys", NestedMetadata)
        };

        private static void Workflow()
        {
            string path = Check.Fresh("workflow") + "/part_001.zarr";
            long size;
            using (Store store = Store.OpenZarr(path))
            {
                store.SetSchema(SchemaTests.Cad());
                store.Save("face_indices", new[] { 0, 1, 2 });
                store.Save("face_areas", new[] { 1.5f, 2.3f, 4.1f });
                store.Save("face_normals", new[,] { { 0f, 0f, 1f }, { 0f, 1f, 0f }, { 1f, 0f, 0f } });
                store.Save("edge_lengths", new[] { 0.5f, 0.25f, 8f, 1f });
                store.SaveMetadata("size_cadfile", 1024000);
                store.SaveMetadata("file_label", 2);
                Check.True(store.LoadMetadata<double>("file_sizes_KB/face_areas") > 0);
                size = store.Compress();
                Check.Same(new[] { 1.5f, 2.3f, 4.1f }, store.Load<float>("face_areas"));
            }
            Check.Equal(size, new FileInfo(path + ".data").Length);
            Check.True(!Directory.Exists(path));
            Check.True(File.Exists("workflow/files_summary/part_001.json"));
            using (Store store = Store.OpenZarr(path))
            {
                Check.Same(new[] { 1.5f, 2.3f, 4.1f }, store.Load<float>("face_areas"));
                Check.Equal(1f, store.Load2D<float>("face_normals")[2, 0]);
                Check.Equal(1024000, store.LoadMetadata<int>("size_cadfile"));
                Check.Same(new[] { "edge" }, store.GetDimensions("edge_lengths"));
                Check.Same(new[] { "face", "coordinate" }, store.GetDimensions("face_normals"));
                Check.Fails<NotSupportedException>(Status.ReadOnly, "", () => store.Save("face_areas", new[] { 1f }));
            }
        }

        private static void JsonExport()
        {
            string directory = Check.Fresh("json_export");
            using (Store store = Store.OpenJson(directory))
            {
                store.Save("face_areas", new[] { 1.5f, 2.3f, 4.1f });
                store.SaveMetadata("export_timestamp", "2025-10-30T10:30:00");
                Check.Equal(0L, store.Compress());
            }
            Check.Equal("[1.5,2.3,4.1]", File.ReadAllText(directory + "/face_areas.json").Replace(" ", "").Replace("\n", ""));
            using (Store store = Store.OpenJson(directory, new Options { ["mode"] = "r" }))
            {
                Check.Same(new[] { 1.5f, 2.3f, 4.1f }, store.Load<float>("face_areas"));
            }
        }

        private static void NestedMetadata()
        {
            foreach (Store store in Stores.Each("nested"))
            {
                using (store)
                {
                    store.SaveMetadata("file_sizes_KB/face_areas", 45.2);
                    store.SaveMetadata("file_sizes_KB/edge_lengths", 12.3);
                    Check.Equal("{\"face_areas\":45.2,\"edge_lengths\":12.3}", store.LoadMetadataJson("file_sizes_KB"));
                    Check.Equal(45.2, store.LoadMetadata<double>("file_sizes_KB/face_areas"));
                }
            }
        }
    }
}
