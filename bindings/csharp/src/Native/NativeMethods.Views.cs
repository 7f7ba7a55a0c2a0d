// The functions of datastorage.h that view arrays where they lie.
//
// Invariant: as of NativeMethods.Stores.cs. What the accessors point to is the view's, and holds as long as its handle.
// Not here: the life of what is pointed to (ArrayView.cs).

using System;
using System.Runtime.InteropServices;

namespace DataStorage
{
    internal static unsafe partial class NativeMethods
    {
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_view(StoreHandle store, byte[] key, byte[] options_json, out ViewHandle @out);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void* ds_view_data(ViewHandle view);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern UIntPtr ds_view_size(ViewHandle view);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_view_dtype(ViewHandle view);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern UIntPtr ds_view_ndim(ViewHandle view);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern ulong* ds_view_shape(ViewHandle view);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern long* ds_view_strides(ViewHandle view);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_view_is_borrowed(ViewHandle view);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void ds_view_free(IntPtr view);
    }
}
