// Schemas: put together, set, asked, checked against; the scope of metadata.
//
// Invariant: the text of the builder is the form of the specification. Not here: every rule of a schema, which the tests
// of the library cover.

using System;

namespace DataStorage.Tests
{
    internal static class SchemaTests
    {
        internal static Case[] Cases() => new[]
        {
            new Case("the builder writes the form of the specification", Built),
            new Case("a schema on every store", Set),
            new Case("validating without saving", Validating)
        };

        internal static SchemaBuilder Cad()
        {
            var schema = new SchemaBuilder("CAD_analysis");
            schema.Group("faces", "face", "Face data")
                .Array("face_indices", DType.I32, "face")
                .Array("face_areas", DType.F32, new[] { "face" }, "Area of each face", new Options { ["min_value"] = 0 })
                .Array("face_normals", DType.F32, "face", "coordinate");
            schema.Group("edges", "edge").Array("edge_lengths", DType.F32, "edge");
            return schema.FileMetadata("size_cadfile", DType.I64, "File size").CategoricalMetadata("file_label", DType.I32)
                .Route("file_level_patterns", new[] { "size_*", "processing_*" }).Route("categorical_patterns", new[] { "*_label" });
        }

        private static void Built()
        {
            var schema = new SchemaBuilder("Manufacturing_Analysis", description: "Parts");
            schema.Group("machining", "part", "Machining").Array("machining_category", DType.I32, new[] { "part" }, "Category");
            schema.CategoricalMetadata("file_label", DType.I32, "Label", rules: new Options { ["values"] = new[] { 0, 1 } })
                .Route("categorical_patterns", new[] { "*_label" });
            Check.Equal("{\"version\":\"1.0\",\"domain\":\"Manufacturing_Analysis\",\"groups\":{\"machining\":{\"primary_dimension\":\"part\"," +
                "\"arrays\":{\"machining_category\":{\"dims\":[\"part\"],\"dtype\":\"int32\",\"description\":\"Category\"}}," +
                "\"description\":\"Machining\"}},\"description\":\"Parts\",\"metadata\":{\"metadata\":{\"file_level\":{}," +
                "\"categorical\":{\"file_label\":{\"dtype\":\"int32\",\"required\":false,\"description\":\"Label\",\"values\":[0,1]}}," +
                "\"routing_rules\":{\"file_level_patterns\":[],\"categorical_patterns\":[\"*_label\"],\"default_numeric\":\"file_level\"," +
                "\"default_categorical\":\"categorical\",\"default_string\":\"categorical\"}}}}", schema.Build());
            Check.Equal("{\"version\":\"1.0\",\"domain\":\"d\",\"groups\":{}}", new SchemaBuilder("d").Build());
        }

        private static void Set()
        {
            foreach (Store store in Stores.Each("schema"))
            {
                using (store)
                {
                    Check.Equal("{}", store.GetSchema());
                    store.SetSchema(Cad());
                    Check.Has("CAD_analysis", store.GetSchema());
                    Check.Equal("faces", store.GroupForArray("face_areas"));
                    Check.True(store.GroupForArray("unknown") == null);
                    store.Save("face_areas", new[] { 1.5f, 2.5f });
                    Check.Same(new[] { "face" }, store.GetDimensions("face_areas"));
                    store.SaveMetadata("processing_time", 12.5);
                    store.SaveMetadata("file_label", 2);
                    Check.Equal(MetadataScope.FileLevel, store.ScopeOfMetadata("processing_time"));
                    Check.Equal(MetadataScope.Categorical, store.ScopeOfMetadata("file_label"));
                    Check.Fails<DataStorageException>(Status.Schema, "face_areas", () => store.Save("face_areas", new[] { 1, 2 }));
                    Check.Fails<DataStorageException>(Status.Schema, "face", () => store.Save("face_indices", new[] { 1, 2, 3 }));
                    Check.Fails<DataStorageException>(Status.Schema, "", () => store.SetSchema("{\"groups\": 1}"));
                    Check.Fails<ArgumentException>(Status.Json, "", () => store.SetSchema("{"));
                }
            }
        }

        private static void Validating()
        {
            using (Store store = Store.OpenMemory())
            {
                string reason;
                Check.True(store.Validate("face_areas", new[] { 1 }));
                store.SetSchema(Cad());
                Check.True(store.Validate("face_areas", new[] { 1f, 2f }, null, out reason) && reason == null);
                Check.True(!store.Validate("face_areas", new double[4], new long[] { 2, 2 }, out reason));
                Check.Has("face_areas: schema wants 1 dimension (face), data has 2", reason);
                Check.True(!store.Validate("face_indices", new[] { 1.5f }));
                Check.True(store.Validate("face_normals", new float[6], 2, 3) && store.Validate("not_in_schema", new[] { true }));
                Check.True(!store.Validate("face_areas", new ReadOnlySpan<float>(new[] { -1f }), null, out reason), "a negative area");
                Check.Equal(0, store.Keys().Count);
            }
        }
    }
}
