// A schema, put together by calls, as the JSON dictionary that SetSchema takes.
//
//     var schema = new SchemaBuilder("CAD_analysis");
//     schema.Group("faces", "face").Array("face_areas", DType.F32, "face");
//     schema.FileMetadata("size_cadfile", DType.I64);
//     store.SetSchema(schema);
//
// Invariant: members come in the order that the specification shows; what was not given is not written, but for the
// routing rules, whose defaults are always written when metadata is defined.
// Not here: checking. The library says what is wrong when the schema is set.

using System.Collections.Generic;

namespace DataStorage
{
    /// <summary>A schema: groups of arrays with their dimensions and types, and definitions of metadata.</summary>
    public sealed class SchemaBuilder
    {
        private readonly Options _groups = new Options();
        private readonly Options _fileLevel = new Options();
        private readonly Options _categorical = new Options();
        private readonly Options _routing = new Options
        {
            ["file_level_patterns"] = new string[0],
            ["categorical_patterns"] = new string[0],
            ["default_numeric"] = "file_level",
            ["default_categorical"] = "categorical",
            ["default_string"] = "categorical"
        };
        private bool _metadata;

        /// <summary>A schema without groups.</summary>
        public SchemaBuilder(string domain, string version = "1.0", string description = null)
        {
            Domain = domain;
            Version = version;
            Description = description;
        }

        /// <summary>What the schema is about.</summary>
        public string Domain { get; }
        /// <summary>The version of the schema.</summary>
        public string Version { get; }
        /// <summary>What it is, or null.</summary>
        public string Description { get; }

        /// <summary>Adds a group, whose arrays share its primary dimension.</summary>
        public SchemaGroup Group(string name, string primaryDimension, string description = null, string specialProcessing = null)
        {
            var group = new SchemaGroup(primaryDimension, description, specialProcessing);
            _groups[name] = group.Members;
            return group;
        }

        /// <summary>Defines a metadata value that is a property of the file.</summary>
        public SchemaBuilder FileMetadata(string name, DType type, string description = null, bool required = false, Options rules = null) =>
            Define(_fileLevel, name, type, description, required, rules);

        /// <summary>Defines a metadata value that is a label or category.</summary>
        public SchemaBuilder CategoricalMetadata(string name, DType type, string description = null, bool required = false, Options rules = null) =>
            Define(_categorical, name, type, description, required, rules);

        /// <summary>Sets a routing rule: "file_level_patterns", "default_numeric" and their like.</summary>
        public SchemaBuilder Route(string rule, object value)
        {
            _metadata = true;
            _routing[rule] = value;
            return this;
        }

        /// <summary>The schema as a JSON dictionary.</summary>
        public string Build()
        {
            var schema = new Options { ["version"] = Version, ["domain"] = Domain, ["groups"] = _groups };
            if (Description != null)
            {
                schema["description"] = Description;
            }
            if (_metadata)
            {
                // The doubled key is what the specification's own builder writes.
                schema["metadata"] = new Options
                {
                    ["metadata"] = new Options { ["file_level"] = _fileLevel, ["categorical"] = _categorical, ["routing_rules"] = _routing }
                };
            }
            return schema.ToString();
        }

        /// <summary>As Build.</summary>
        public override string ToString() => Build();

        /// <summary>The JSON text; null stays null.</summary>
        public static implicit operator string(SchemaBuilder schema) => schema?.Build();

        private SchemaBuilder Define(Options scope, string name, DType type, string description, bool required, Options rules)
        {
            _metadata = true;
            var field = new Options { ["dtype"] = ElementTypes.NameOf(type), ["required"] = required };
            if (description != null)
            {
                field["description"] = description;
            }
            SchemaGroup.AddRules(field, rules);
            scope[name] = field;
            return this;
        }
    }

    /// <summary>A group of a schema.</summary>
    public sealed class SchemaGroup
    {
        private readonly Options _arrays = new Options();

        internal SchemaGroup(string primaryDimension, string description, string specialProcessing)
        {
            Members = new Options { ["primary_dimension"] = primaryDimension, ["arrays"] = _arrays };
            if (description != null)
            {
                Members["description"] = description;
            }
            if (specialProcessing != null)
            {
                Members["special_processing"] = specialProcessing;
            }
        }

        internal Options Members { get; }

        /// <summary>Adds an array with the names of its dimensions.</summary>
        public SchemaGroup Array(string name, DType type, params string[] dimensions) => Array(name, type, dimensions, null);

        /// <summary>Adds an array, with a description and rules such as { ["min_value"] = 0 }.</summary>
        public SchemaGroup Array(string name, DType type, string[] dimensions, string description, Options rules = null)
        {
            var array = new Options { ["dims"] = dimensions, ["dtype"] = ElementTypes.NameOf(type) };
            if (description != null)
            {
                array["description"] = description;
            }
            AddRules(array, rules);
            _arrays[name] = array;
            return this;
        }

        internal static void AddRules(Options members, Options rules)
        {
            foreach (KeyValuePair<string, object> rule in rules ?? new Options())
            {
                members[rule.Key] = rule.Value;
            }
        }
    }
}
