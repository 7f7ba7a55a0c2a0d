// A group of a schema, to add arrays to.
//
// Invariant: it is a name in its builder and keeps that alive. Not here: making groups (SchemaBuilder.cs).

using System.Collections.Generic;

namespace DataStorage
{
    /// <summary>A group of a schema.</summary>
    public sealed class SchemaGroup
    {
        private readonly SchemaHandle _handle;

        internal SchemaGroup(SchemaHandle handle, string name)
        {
            _handle = handle;
            Name = name;
        }

        /// <summary>The name of the group.</summary>
        public string Name { get; }

        /// <summary>Adds an array with the names of its dimensions, none for a scalar.</summary>
        public SchemaGroup Array(string name, DType type, params string[] dimensions) => Array(name, type, dimensions, null);

        /// <summary>Adds an array, with a description and rules such as { ["min_value"] = 0 }.</summary>
        public SchemaGroup Array(string name, DType type, string[] dimensions, string description, Options rules = null)
        {
            foreach (string dimension in dimensions ?? new string[0])
            {
                Utf8.Zero(dimension); // a name that would be cut at a NUL
            }
            using (var dims = new Texts(name, dimensions))
            {
                Errors.Check(NativeMethods.ds_schema_create_array(_handle, Utf8.Zero(Name), Utf8.Zero(name), (int)type, dims.Pointers,
                    Shapes.Size(dimensions.Length), Utf8.Zero(description), Utf8.Zero(rules)));
            }
            return this;
        }

        /// <summary>The names of the arrays, in the order of definition.</summary>
        public IReadOnlyList<string> ListArrays()
        {
            IterHandle names;
            Errors.Check(NativeMethods.ds_schema_list_arrays(_handle, Utf8.Zero(Name), out names));
            return Store.Names(names);
        }

        /// <summary>Removes an array; whether there was one.</summary>
        public bool RemoveArray(string name) =>
            SchemaBuilder.Removed(NativeMethods.ds_schema_remove_array(_handle, Utf8.Zero(Name), Utf8.Zero(name)));
    }
}
