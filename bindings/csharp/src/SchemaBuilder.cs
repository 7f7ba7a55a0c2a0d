// A schema, put together by calls, as the JSON dictionary that SetSchema takes.
//
//     var schema = new SchemaBuilder("CAD_analysis");
//     schema.Group("faces", "face").Array("face_areas", DType.F32, "face");
//     schema.FileMetadata("size_cadfile", DType.I64);
//     store.SetSchema(schema);
//
// Invariant: the builder is the library's own, so that the same calls give the same dictionary in every language; a call
// that fails changes nothing. One thread at a time uses a builder. The finalizer frees it.
// Not here: groups (SchemaGroup.cs).

using System.Collections.Generic;
using System.Linq;

namespace DataStorage
{
    /// <summary>A schema: groups of arrays with their dimensions and types, and definitions of metadata.</summary>
    public sealed class SchemaBuilder
    {
        private readonly SchemaHandle _handle;

        /// <summary>A schema without groups.</summary>
        public SchemaBuilder(string domain, string version = "1.0", string description = null)
        {
            Errors.Check(NativeMethods.ds_schema_create(Utf8.Zero(domain), Utf8.Zero(version), Utf8.Zero(description), out _handle));
        }

        private SchemaBuilder(SchemaHandle handle)
        {
            _handle = handle;
        }

        /// <summary>A schema to start from: "cad_basic", "cad_advanced", "manufacturing_basic", "sensor_basic".</summary>
        public static SchemaBuilder FromTemplate(string name)
        {
            SchemaHandle handle;
            Errors.Check(NativeMethods.ds_schema_from_template(Utf8.Zero(name), out handle));
            return new SchemaBuilder(handle);
        }

        /// <summary>A schema from a JSON dictionary; a wrong one throws with <see cref="Status.Schema"/> and its place.</summary>
        public static SchemaBuilder FromJson(string json)
        {
            SchemaHandle handle;
            byte[] text = Utf8.Bytes(json) ?? throw Errors.Create(Status.InvalidArgument, "schema: text is null");
            Errors.Check(NativeMethods.ds_schema_from_json(text, Shapes.Size(text.Length), out handle));
            return new SchemaBuilder(handle);
        }

        /// <summary>A schema from a JSON file.</summary>
        public static SchemaBuilder LoadFromFile(string path)
        {
            SchemaHandle handle;
            Errors.CheckOpen(NativeMethods.ds_schema_load_from_file(Utf8.Zero(path), out handle));
            return new SchemaBuilder(handle);
        }

        /// <summary>The template cad_basic.</summary>
        public static SchemaBuilder CreateCadSchema() => FromTemplate("cad_basic");
        /// <summary>The template manufacturing_basic.</summary>
        public static SchemaBuilder CreateManufacturingSchema() => FromTemplate("manufacturing_basic");
        /// <summary>The template sensor_basic.</summary>
        public static SchemaBuilder CreateSensorSchema() => FromTemplate("sensor_basic");
        /// <summary>A schema without groups for any domain.</summary>
        public static SchemaBuilder CreateCustomSchema(string domain) => new SchemaBuilder(domain);

        /// <summary>The JSON Schema (draft 2020-12) that dictionaries satisfy.</summary>
        public static string JsonSchema => Utf8.Text(NativeMethods.ds_schema_json_schema());

        /// <summary>Adds what a template has and this schema lacks; what is here stays.</summary>
        public SchemaBuilder ExtendTemplate(string name)
        {
            Errors.Check(NativeMethods.ds_schema_extend_template(_handle, Utf8.Zero(name)));
            return this;
        }

        /// <summary>Adds a group, whose arrays share its primary dimension.</summary>
        public SchemaGroup Group(string name, string primaryDimension, string description = null, string specialProcessing = null)
        {
            Errors.Check(NativeMethods.ds_schema_create_group(_handle, Utf8.Zero(name), Utf8.Zero(primaryDimension),
                Utf8.Zero(description), Utf8.Zero(specialProcessing)));
            return new SchemaGroup(_handle, name);
        }

        /// <summary>The group of that name, null when there is none.</summary>
        public SchemaGroup FindGroup(string name) => ListGroups().Contains(name) ? new SchemaGroup(_handle, name) : null;

        /// <summary>The names of the groups, in the order of definition.</summary>
        public IReadOnlyList<string> ListGroups()
        {
            IterHandle names;
            Errors.Check(NativeMethods.ds_schema_list_groups(_handle, out names));
            return Store.Names(names);
        }

        /// <summary>Removes a group; whether there was one.</summary>
        public bool RemoveGroup(string name) => Removed(NativeMethods.ds_schema_remove_group(_handle, Utf8.Zero(name)));

        /// <summary>Defines (or redefines) a metadata value that is a property of the file.</summary>
        public SchemaBuilder FileMetadata(string name, DType type, string description = null, bool required = false, Options rules = null) =>
            Define(MetadataScope.FileLevel, name, type, description, required, rules);

        /// <summary>Defines (or redefines) a metadata value that is a label or category.</summary>
        public SchemaBuilder CategoricalMetadata(string name, DType type, string description = null, bool required = false, Options rules = null) =>
            Define(MetadataScope.Categorical, name, type, description, required, rules);

        /// <summary>The names of the metadata fields of a scope in the order of definition; of both, file-level ones first.</summary>
        public IReadOnlyList<string> ListMetadataFields(MetadataScope scope = MetadataScope.None)
        {
            IterHandle names;
            Errors.Check(NativeMethods.ds_schema_list_metadata_fields(_handle, (int)scope, out names));
            return Store.Names(names);
        }

        /// <summary>
        /// Sets where metadata without a field goes, replacing all rules. In a pattern * is any text and case does not count;
        /// file-level patterns come first. The defaults are for numbers, bools and everything else.
        /// </summary>
        public SchemaBuilder Routing(IEnumerable<string> fileLevelPatterns = null, IEnumerable<string> categoricalPatterns = null,
            MetadataScope defaultNumeric = MetadataScope.FileLevel, MetadataScope defaultCategorical = MetadataScope.Categorical,
            MetadataScope defaultString = MetadataScope.Categorical)
        {
            string rules = new Options
            {
                ["file_level_patterns"] = fileLevelPatterns ?? new string[0],
                ["categorical_patterns"] = categoricalPatterns ?? new string[0],
                ["default_numeric"] = Word(defaultNumeric),
                ["default_categorical"] = Word(defaultCategorical),
                ["default_string"] = Word(defaultString)
            };
            Errors.Check(NativeMethods.ds_schema_set_metadata_routing(_handle, Utf8.Zero(rules)));
            return this;
        }

        /// <summary>The scope of a metadata key by field or pattern; None when the type of its value decides.</summary>
        public MetadataScope RoutingOf(string name)
        {
            int scope;
            Errors.Check(NativeMethods.ds_schema_get_metadata_routing(_handle, Utf8.Zero(name), out scope));
            return (MetadataScope)scope;
        }

        /// <summary>Whether a JSON value fits the field of that name, with the reason when not.</summary>
        public bool ValidateMetadataField(string name, string json, out string reason)
        {
            byte[] text = Utf8.Bytes(json) ?? throw Errors.Create(Status.InvalidArgument, name + ": text is null");
            int status = NativeMethods.ds_schema_validate_metadata_field(_handle, Utf8.Zero(name), text, Shapes.Size(text.Length));
            reason = status == (int)Status.Schema ? Errors.LastText() : null;
            if (reason == null)
            {
                Errors.Check(status);
            }
            return reason == null;
        }

        /// <summary>What is wrong with the definitions of metadata, one line each.</summary>
        public IReadOnlyList<string> ValidateMetadataSchema()
        {
            BufferHandle lines;
            Errors.Check(NativeMethods.ds_schema_validate_metadata_schema(_handle, out lines));
            return ((List<object>)JsonReader.Read(Store.Take(lines))).Cast<string>().ToArray();
        }

        /// <summary>The schema as a JSON dictionary; a rule that contradicts its type throws with its place.</summary>
        public string Build()
        {
            BufferHandle json;
            Errors.Check(NativeMethods.ds_schema_build(_handle, out json));
            return Store.Take(json);
        }

        /// <summary>Writes the dictionary as indented JSON; the file appears whole or not at all.</summary>
        public void SaveToFile(string path) => Errors.Check(NativeMethods.ds_schema_save_to_file(_handle, Utf8.Zero(path)));

        /// <summary>As Build.</summary>
        public override string ToString() => Build();

        /// <summary>The JSON text; null stays null.</summary>
        public static implicit operator string(SchemaBuilder schema) => schema?.Build();

        internal static bool Removed(int status)
        {
            if (status != (int)Status.NotFound)
            {
                Errors.Check(status);
            }
            return status == NativeMethods.Ok;
        }

        private static string Word(MetadataScope scope) =>
            scope == MetadataScope.FileLevel ? "file_level" : scope == MetadataScope.Categorical ? "categorical" : "none";

        private SchemaBuilder Define(MetadataScope scope, string name, DType type, string description, bool required, Options rules)
        {
            Errors.Check(NativeMethods.ds_schema_define_metadata(_handle, (int)scope, Utf8.Zero(name), (int)type, Utf8.Zero(description),
                required ? 1 : 0, Utf8.Zero(rules)));
            return this;
        }
    }
}
