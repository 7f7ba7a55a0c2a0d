// Schemas: put together, set, asked, checked against; the scope of metadata.
//
// Invariant: the text of the builder is the form of the specification. Not here: every rule of a schema, which the tests
// of the library cover.

using System;
using System.Collections.Generic;

namespace DataStorage.Tests
{
    internal static class SchemaTests
    {
        internal static Case[] Cases() => new[]
        {
            new Case("the builder writes the form of the specification", Built),
            new Case("groups and arrays are edited, and what is refused changes nothing", Edited),
            new Case("fields are listed, routed and checked", Fields),
            new Case("templates, files and JSON give the same dictionary", Ready),
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
                .Routing(new[] { "size_*", "processing_*" }, new[] { "*_label" });
        }

        private static void Built()
        {
            var schema = new SchemaBuilder("Manufacturing_Analysis", description: "Parts");
            schema.Group("machining", "part", "Machining").Array("machining_category", DType.I32, new[] { "part" }, "Category");
            schema.CategoricalMetadata("file_label", DType.I32, "Label", rules: new Options { ["values"] = new[] { 0, 1 } })
                .Routing(categoricalPatterns: new[] { "*_label" });
            Check.Equal("{\"version\":\"1.0\",\"domain\":\"Manufacturing_Analysis\",\"groups\":{\"machining\":{\"primary_dimension\":\"part\"," +
                "\"arrays\":{\"machining_category\":{\"dims\":[\"part\"],\"dtype\":\"int32\",\"description\":\"Category\"}}," +
                "\"description\":\"Machining\"}},\"description\":\"Parts\",\"metadata\":{\"metadata\":{\"file_level\":{}," +
                "\"categorical\":{\"file_label\":{\"dtype\":\"int32\",\"required\":false,\"description\":\"Label\",\"values\":[0,1]}}," +
                "\"routing_rules\":{\"file_level_patterns\":[],\"categorical_patterns\":[\"*_label\"],\"default_numeric\":\"file_level\"," +
                "\"default_categorical\":\"categorical\",\"default_string\":\"categorical\"}}}}", schema.Build());
            Check.Equal("{\"version\":\"1.0\",\"domain\":\"d\",\"groups\":{},\"description\":\"\",\"metadata\":{\"metadata\":{\"file_level\":{}," +
                "\"categorical\":{},\"routing_rules\":{\"file_level_patterns\":[],\"categorical_patterns\":[],\"default_numeric\":\"file_level\"," +
                "\"default_categorical\":\"categorical\",\"default_string\":\"categorical\"}}}}", new SchemaBuilder("d").Build());
        }

        private static void Edited()
        {
            SchemaBuilder schema = Cad();
            SchemaGroup pairs = schema.Group("faceface", "face_pair", specialProcessing: "matrix_flattening");
            Check.Same(new[] { "faces", "edges", "faceface" }, schema.ListGroups());
            Check.Same(new[] { "face_indices", "face_areas", "face_normals" }, schema.FindGroup("faces").ListArrays());
            Check.True(schema.FindGroup("nope") == null && pairs.Name == "faceface");
            pairs.Array("count", DType.I32);
            Check.True(pairs.RemoveArray("count") && !pairs.RemoveArray("count"));
            Check.Has("\"special_processing\":\"matrix_flattening\"", schema.Build());
            Check.True(schema.RemoveGroup("faceface") && !schema.RemoveGroup("faceface"));
            string before = schema.Build();
            SchemaGroup faces = schema.FindGroup("faces");
            Check.Fails<DataStorageException>(Status.AlreadyExists, "faces", () => schema.Group("faces", "face"));
            Check.Fails<DataStorageException>(Status.AlreadyExists, "face_areas", () => faces.Array("face_areas", DType.F32, "face"));
            Check.Fails<KeyNotFoundException>(Status.NotFound, "faceface", () => pairs.Array("x", DType.F32, "face"));
            Check.Fails<DataStorageException>(Status.Schema, "a//b", () => schema.Group("a//b", "x"));
            Check.Fails<DataStorageException>(Status.Schema, "dims", () => faces.Array("x", DType.F32, new string[0], null, new Options { ["dims"] = 1 }));
            Check.Fails<ArgumentException>(Status.InvalidArgument, "dtype is 0", () => faces.Array("x", DType.None, "face"));
            Check.Fails<ArgumentException>(Status.InvalidArgument, "NUL", () => faces.Array("x", DType.F32, "a\0b"));
            Check.Equal(before, schema.Build());
        }

        private static void Fields()
        {
            SchemaBuilder schema = Cad().FileMetadata("title", DType.String, required: true)
                .CategoricalMetadata("label", DType.I32, rules: new Options { ["values"] = new[] { 0, 1 } });
            Check.Same(new[] { "size_cadfile", "title", "file_label", "label" }, schema.ListMetadataFields());
            Check.Same(new[] { "file_label", "label" }, schema.ListMetadataFields(MetadataScope.Categorical));
            Check.Equal(MetadataScope.FileLevel, schema.RoutingOf("processing/time"));
            Check.Equal(MetadataScope.Categorical, schema.RoutingOf("other_LABEL"));
            Check.Equal(MetadataScope.None, schema.RoutingOf("nothing"));
            string reason;
            Check.True(schema.ValidateMetadataField("label", "1", out reason) && reason == null);
            Check.True(!schema.ValidateMetadataField("label", "2", out reason) && schema.ValidateMetadataSchema().Count == 0);
            Check.Equal("label: schema wants one of 0, 1 (values), value is 2", reason);
            Check.Fails<DataStorageException>(Status.AlreadyExists, "title", () => schema.CategoricalMetadata("title", DType.String));
            Check.Fails<DataStorageException>(Status.Schema, "default_numeric", () => schema.Routing(defaultNumeric: MetadataScope.None));
            schema.FileMetadata("bad", DType.F32, rules: new Options { ["min_value"] = 2, ["max_value"] = 1 });
            Check.Equal(1, schema.ValidateMetadataSchema().Count);
            Check.Fails<DataStorageException>(Status.Schema, "file_level.bad: min_value is 2, max_value 1", () => schema.Build());
        }

        private static void Ready()
        {
            string path = System.IO.Path.Combine(Check.Fresh("schemas"), "schema.json");
            Check.Same(new[] { "faces", "edges" }, SchemaBuilder.CreateCadSchema().ListGroups());
            Check.Same(new[] { "machining", "quality" }, SchemaBuilder.CreateManufacturingSchema().ListGroups());
            Check.Same(new[] { "measurements" }, SchemaBuilder.CreateSensorSchema().ListGroups());
            Check.Equal(0, SchemaBuilder.CreateCustomSchema("x").ListGroups().Count);
            SchemaBuilder schema = SchemaBuilder.FromTemplate("cad_advanced");
            schema.SaveToFile(path);
            Check.Equal(schema.Build(), SchemaBuilder.LoadFromFile(path).Build());
            Check.Equal(schema.Build(), SchemaBuilder.FromJson(System.IO.File.ReadAllText(path)).Build());
            Check.Equal(schema.Build(), new SchemaBuilder("CAD_analysis").ExtendTemplate("cad_advanced").Build());
            Check.Fails<KeyNotFoundException>(Status.NotFound, "cad_basic, cad_advanced", () => SchemaBuilder.FromTemplate("cad"));
            Check.Fails<System.IO.FileNotFoundException>(Status.NotFound, "nothing.json", () => SchemaBuilder.LoadFromFile("nothing.json"));
            Check.Fails<DataStorageException>(Status.Schema, "groups.g.arrays: wanted an object, found 3",
                () => SchemaBuilder.FromJson("{\"groups\": {\"g\": {\"arrays\": 3}}}"));
            Check.Has("2020-12", SchemaBuilder.JsonSchema);
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
