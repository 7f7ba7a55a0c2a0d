// The functions of datastorage.h that are about the library and about a store as a whole.
//
// Invariant: each method has the name, the number and the types of the parameters of its C function; the test
// "header" reads datastorage.h and fails when one differs. A store is passed as its StoreHandle, so that the runtime
// keeps it while a call runs; only the release of a handle takes the bare token. Nothing is marshalled but handles:
// text is bytes, a bool is an int32, an array is pinned.
// Not here: checks of arguments and statuses.

using System;
using System.Runtime.InteropServices;

namespace DataStorage
{
    internal static unsafe partial class NativeMethods
    {
        internal const string Library = "datastorage";
        internal const uint AbiVersion = 1;
        internal const int MaxNdim = 32;
        internal const int Ok = 0;
        internal const int Done = 1;

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        internal delegate int ds_progress_fn(IntPtr userdata, IntPtr stage, ulong done, ulong total);

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        internal delegate void ds_log_fn(IntPtr userdata, int level, IntPtr message);

        // ---- version, features, status

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern uint ds_version();

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern IntPtr ds_version_string();

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_check_abi(uint abi_version);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_has_feature(byte[] name);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern IntPtr ds_status_name(int status);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_last_error_code();

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern IntPtr ds_last_error_message();

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_configure(byte[] options_json);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_set_log(ds_log_fn callback, IntPtr userdata, IntPtr destroy);

        // ---- buffers and iterators

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern IntPtr ds_buffer_data(BufferHandle buffer);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern UIntPtr ds_buffer_size(BufferHandle buffer);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void ds_buffer_free(IntPtr buffer);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_iter_next(IterHandle iter, out IntPtr out_key, out int out_kind);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void ds_iter_free(IntPtr iter);

        // ---- opening

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_open(byte[] uri, byte[] options_json, out StoreHandle @out);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_open_zarr(byte[] path, byte[] options_json, out StoreHandle @out);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_open_json(byte[] directory, byte[] options_json, out StoreHandle @out);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_open_memory(byte[] options_json, out StoreHandle @out);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_open_bytes(void* data, UIntPtr size, byte[] options_json, out StoreHandle @out);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_to_bytes(StoreHandle store, byte[] options_json, out BufferHandle @out);

        // ---- committing and closing

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_format(StoreHandle store, out IntPtr @out);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_path(StoreHandle store, byte[] key, out BufferHandle @out);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_flush(StoreHandle store);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_compress(StoreHandle store, out ulong out_bytes);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_verify(StoreHandle store, byte[] options_json, out BufferHandle out_report);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_close(StoreHandle store);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_discard(StoreHandle store);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true, EntryPoint = "ds_discard")]
        internal static extern int ds_discard_token(IntPtr store);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_is_open(StoreHandle store);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_interrupt(StoreHandle store);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_copy(StoreHandle source, StoreHandle destination, byte[] options_json, out ulong out_copied);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_set_progress(StoreHandle store, ds_progress_fn callback, IntPtr userdata, IntPtr destroy);
    }
}
