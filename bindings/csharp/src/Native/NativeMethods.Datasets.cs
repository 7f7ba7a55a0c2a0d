// The functions of datastorage.h that merge stores and ask datasets.
//
// Invariant and what is not here: as in NativeMethods.Stores.cs.

using System;
using System.Runtime.InteropServices;

namespace DataStorage
{
    internal static unsafe partial class NativeMethods
    {
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_merge(IntPtr[] parts, UIntPtr count, byte[] output, byte[] options_json, ds_progress_fn progress, IntPtr userdata,
            out BufferHandle out_summary);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_merge_plan(IntPtr[] parts, UIntPtr count, byte[] output, byte[] options_json, ds_progress_fn progress, IntPtr userdata,
            out BufferHandle out_plan);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_merge_task(byte[] plan, ulong task, ds_progress_fn progress, IntPtr userdata);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_merge_finish(byte[] plan, ds_progress_fn progress, IntPtr userdata, out BufferHandle out_summary);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_merge_abandon(byte[] plan);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_dataset_open(byte[] path, byte[] options_json, out DatasetHandle @out);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_dataset_close(DatasetHandle dataset);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true, EntryPoint = "ds_dataset_close")]
        internal static extern int ds_dataset_close_token(IntPtr dataset);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_dataset_is_open(DatasetHandle dataset);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_dataset_interrupt(DatasetHandle dataset);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_dataset_store(DatasetHandle dataset, out StoreHandle @out);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_dataset_describe(DatasetHandle dataset, out BufferHandle out_json);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_dataset_file_rows(DatasetHandle dataset, byte[] group, byte[] array, long code, out ulong out_first,
            out ulong out_count);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_dataset_file_name(DatasetHandle dataset, long code, out BufferHandle out_name);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_dataset_file_code(DatasetHandle dataset, byte[] name, out long out_code);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_dataset_files(DatasetHandle dataset, byte[] group, byte[] where, out BufferHandle out_codes);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_dataset_rows(DatasetHandle dataset, byte[] group, byte[] where, out BufferHandle out_rows);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_dataset_distribution(DatasetHandle dataset, byte[] group, byte[] key, byte[] bins_json, out BufferHandle out_json);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_dataset_membership(DatasetHandle dataset, byte[] group, byte[] key, byte[] bins_json, int as_counts,
            out BufferHandle out_labels_json, out BufferHandle out_counts);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_dataset_descriptions(DatasetHandle dataset, byte[] table, out BufferHandle out_json);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_dataset_table(DatasetHandle dataset, byte[] table, byte[] where, out BufferHandle out_json);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_dataset_split(DatasetHandle dataset, byte[] options_json, out BufferHandle out_json);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_dataset_subset(DatasetHandle dataset, byte[] name, out BufferHandle out_codes);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int ds_dataset_save_subsets(DatasetHandle dataset, byte[] subsets_json);
    }
}
