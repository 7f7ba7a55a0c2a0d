// The functions of datastorage.h that make schemas.
//
// Invariant: as of NativeMethods.Stores.cs. Not here: the schema of a store (NativeMethods.Nodes.cs).

using System;
using System.Runtime.InteropServices;

namespace DataStorage
{
    internal static unsafe partial class NativeMethods
    {
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_schema_create(byte[] domain, byte[] version, byte[] description, out SchemaHandle @out);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_schema_from_template(byte[] template_name, out SchemaHandle @out);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_schema_from_json(byte[] schema_json, UIntPtr length, out SchemaHandle @out);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_schema_load_from_file(byte[] path, out SchemaHandle @out);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_schema_extend_template(SchemaHandle builder, byte[] template_name);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_schema_create_group(SchemaHandle builder, byte[] name, byte[] primary_dimension,
            byte[] description, byte[] special_processing);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_schema_remove_group(SchemaHandle builder, byte[] name);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_schema_list_groups(SchemaHandle builder, out IterHandle @out);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_schema_create_array(SchemaHandle builder, byte[] group, byte[] name, int dtype,
            IntPtr[] dims, UIntPtr ndim, byte[] description, byte[] rules_json);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_schema_remove_array(SchemaHandle builder, byte[] group, byte[] name);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_schema_list_arrays(SchemaHandle builder, byte[] group, out IterHandle @out);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_schema_build(SchemaHandle builder, out BufferHandle @out);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_schema_save_to_file(SchemaHandle builder, byte[] path);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void ds_schema_free(IntPtr builder);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_schema_define_metadata(SchemaHandle builder, int scope, byte[] name, int dtype,
            byte[] description, int required, byte[] rules_json);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_schema_list_metadata_fields(SchemaHandle builder, int scope, out IterHandle @out);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_schema_set_metadata_routing(SchemaHandle builder, byte[] rules_json);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_schema_get_metadata_routing(SchemaHandle builder, byte[] name, out int @out);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_schema_validate_metadata_field(SchemaHandle builder, byte[] name, byte[] json,
            UIntPtr length);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_schema_validate_metadata_schema(SchemaHandle builder, out BufferHandle @out);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern IntPtr ds_schema_json_schema();
    }
}
