// The functions of datastorage.h that are about nodes, metadata and the schema, and the struct that ds_stat fills.
//
// Invariant: as of NativeMethods.Stores.cs; the test "header" compares the fields of ds_info too.
// Not here: what the numbers mean (Kinds.cs).

using System;
using System.Runtime.InteropServices;

namespace DataStorage
{
    [StructLayout(LayoutKind.Sequential)]
    internal struct ds_info
    {
        internal UIntPtr struct_size;
        internal int kind;
        internal int dtype;
        internal ulong ndim;
        internal ulong elements;
        internal ulong bytes;
        internal ulong stored_bytes;
        internal ulong chunks;
    }

    internal static unsafe partial class NativeMethods
    {
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_stat(StoreHandle store, byte[] key, ref ds_info info);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_shape(StoreHandle store, byte[] key, ulong* shape, UIntPtr capacity, out UIntPtr out_ndim);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_exists(StoreHandle store, byte[] key, out int @out);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_delete(StoreHandle store, byte[] key);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_rename(StoreHandle store, byte[] from, byte[] to);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_create_group(StoreHandle store, byte[] key);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_list(StoreHandle store, byte[] prefix, int recursive, out IterHandle @out);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_set_dimensions(StoreHandle store, byte[] key, IntPtr[] names, UIntPtr ndim);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_get_dimensions(StoreHandle store, byte[] key, out BufferHandle @out);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_set_attributes(StoreHandle store, byte[] key, byte[] json, UIntPtr length);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_get_attributes(StoreHandle store, byte[] key, out BufferHandle @out);

        // ---- metadata

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_save_metadata(StoreHandle store, byte[] key, byte[] json, UIntPtr length);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_save_metadata_bool(StoreHandle store, byte[] key, int value);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_save_metadata_i64(StoreHandle store, byte[] key, long value);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_save_metadata_f64(StoreHandle store, byte[] key, double value);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_save_metadata_str(StoreHandle store, byte[] key, byte[] text, UIntPtr length);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_load_metadata(StoreHandle store, byte[] key, out BufferHandle @out);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_delete_metadata(StoreHandle store, byte[] key);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_list_metadata(StoreHandle store, byte[] prefix, out IterHandle @out);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_metadata_scope(StoreHandle store, byte[] key, out int @out);

        // ---- schema

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_set_schema(StoreHandle store, byte[] schema_json, UIntPtr length);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_get_schema(StoreHandle store, out BufferHandle @out);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_group_for_array(StoreHandle store, byte[] name, out BufferHandle @out);
    }
}
