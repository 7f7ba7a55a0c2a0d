// The functions of datastorage.h that save and load arrays, strings, bytes, JSON and parts of arrays.
//
// Invariant: as of NativeMethods.Stores.cs. Shapes and offsets are long[] here and uint64_t there; the callers refuse
// negative ones.
// Not here: the forms for single element types (ds_save_f32 and its like), which do the same as the generic ones.

using System;
using System.Runtime.InteropServices;

namespace DataStorage
{
    internal static unsafe partial class NativeMethods
    {
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_save(StoreHandle store, byte[] key, int dtype, void* data, long[] shape, UIntPtr ndim, long[] strides);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_save_bytes(StoreHandle store, byte[] key, void* data, UIntPtr length);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_save_json(StoreHandle store, byte[] key, byte[] json, UIntPtr length);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_load(StoreHandle store, byte[] key, int dtype, void* data, UIntPtr capacity_bytes, out UIntPtr out_bytes);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_load_region(StoreHandle store, byte[] key, int dtype, long[] offset, long[] shape, UIntPtr ndim,
            void* data, UIntPtr capacity_bytes, out UIntPtr out_bytes);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_load_bytes(StoreHandle store, byte[] key, out BufferHandle @out);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_load_json(StoreHandle store, byte[] key, out BufferHandle @out);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_load_all(StoreHandle store, byte[] key, out BufferHandle out_index, out BufferHandle out_data);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_validate(StoreHandle store, byte[] key, int dtype, void* data, long[] shape, UIntPtr ndim, long[] strides);

        // ---- strings

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_save_string(StoreHandle store, byte[] key, byte[] text, UIntPtr length);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_save_strings(StoreHandle store, byte[] key, IntPtr[] texts, UIntPtr[] lengths, long[] shape, UIntPtr ndim);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_load_string(StoreHandle store, byte[] key, out BufferHandle @out);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_load_strings(StoreHandle store, byte[] key, out BufferHandle out_text, out BufferHandle out_offsets);

        // ---- parts of arrays

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_create(StoreHandle store, byte[] key, int dtype, long[] shape, UIntPtr ndim, byte[] options);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_save_region(StoreHandle store, byte[] key, int dtype, void* data, long[] offset, long[] shape,
            UIntPtr ndim, long[] strides);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_save_strings_region(StoreHandle store, byte[] key, IntPtr[] texts, UIntPtr[] lengths, long[] offset,
            long[] shape, UIntPtr ndim);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_load_strings_region(StoreHandle store, byte[] key, long[] offset, long[] shape, UIntPtr ndim,
            out BufferHandle out_text, out BufferHandle out_offsets);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_resize(StoreHandle store, byte[] key, long[] shape, UIntPtr ndim);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_append(StoreHandle store, byte[] key, int dtype, void* data, long[] shape, UIntPtr ndim, long[] strides,
            UIntPtr axis);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_append_strings(StoreHandle store, byte[] key, IntPtr[] texts, UIntPtr[] lengths, long[] shape,
            UIntPtr ndim, UIntPtr axis);
    }
}
