// One open dataset: which files and rows there are, how values are distributed, tables, subsets.
//
//     using (var all = Dataset.Open("all.dataset"))
//     using (var store = all.OpenStore())
//     {
//         long[] codes = all.Files("face_types == 'Cylinder'", "faces");
//         float[] areas = store.Load<float>("faces/face_areas");
//     }
//
// Invariant: the handle is given to every call as a SafeHandle. Any member may be called from any thread at any time, Close
// included; a call on a closed dataset is a StoreClosedException. What is JSON is given as text.
// Not here: merging (Merge.cs), the merged arrays (Store).

using System;
using System.Collections.Generic;
using System.Linq;

namespace DataStorage
{
    /// <summary>A dataset that <see cref="Merge"/> wrote, to be read.</summary>
    public sealed unsafe class Dataset : IDisposable
    {
        private readonly DatasetHandle _handle;

        private Dataset(DatasetHandle handle)
        {
            _handle = handle;
        }

        /// <summary>Opens X.dataset and the tables beside it.</summary>
        /// <param name="path">The path of X.dataset.</param>
        /// <param name="options">As for a store that is read.</param>
        /// <exception cref="StoreNotFoundException">There is no such dataset.</exception>
        public static Dataset Open(string path, string options = null)
        {
            DataStorageLibrary.CheckAbi();
            DatasetHandle handle;
            Errors.CheckOpen(NativeMethods.ds_dataset_open(Utf8.Zero(path), Utf8.Zero(options), out handle));
            return new Dataset(handle);
        }

        /// <summary>Whether it is open: false once a close began.</summary>
        public bool IsOpen => NativeMethods.ds_dataset_is_open(_handle) != 0;

        /// <summary>Ends the calls in flight on other threads: they throw <see cref="StoreCanceledException"/>.</summary>
        public void Interrupt() => Errors.Check(NativeMethods.ds_dataset_interrupt(_handle));

        /// <summary>Closes it; closing a closed dataset does nothing. Stores that it opened stay open.</summary>
        public void Close()
        {
            int status = NativeMethods.ds_dataset_close(_handle);
            if (NativeMethods.ds_dataset_is_open(_handle) == 0)
            {
                GC.SuppressFinalize(_handle);
            }
            Errors.Check(status == (int)Status.Closed ? NativeMethods.Ok : status);
        }

        /// <summary>As <see cref="Close"/>.</summary>
        public void Dispose() => Close();

        /// <summary>Opens the store with the merged arrays, read-only, under keys "group/array".</summary>
        public Store OpenStore()
        {
            StoreHandle store;
            Errors.Check(NativeMethods.ds_dataset_store(_handle, out store));
            return new Store(store);
        }

        /// <summary>The table of contents, JSON.</summary>
        public string Describe()
        {
            BufferHandle json;
            Errors.Check(NativeMethods.ds_dataset_describe(_handle, out json));
            return Merge.Take(json);
        }

        // ---- files and rows

        /// <summary>The codes of files with at least one row for which a predicate holds; of every file without one.</summary>
        /// <param name="where">A predicate, such as "face_types == 3 and face_areas > 10.5".</param>
        /// <param name="group">The group whose arrays are asked; null for predicates on files.</param>
        public long[] Files(string where = null, string group = null)
        {
            BufferHandle codes;
            Errors.Check(NativeMethods.ds_dataset_files(_handle, Utf8.Zero(group), Utf8.Zero(where), out codes));
            return Numbers<long>(codes, sizeof(long));
        }

        /// <summary>The rows of a group for which a predicate holds.</summary>
        public long[] Rows(string where, string group)
        {
            BufferHandle rows;
            Errors.Check(NativeMethods.ds_dataset_rows(_handle, Utf8.Zero(group), Utf8.Zero(where), out rows));
            return Numbers<long>(rows, sizeof(long));
        }

        /// <summary>The rows of a file in a group: the first, and their number; along the axis of an array when one is named.</summary>
        public void FileRows(string group, long code, out long first, out long count, string array = null)
        {
            ulong begin, rows;
            Errors.Check(NativeMethods.ds_dataset_file_rows(_handle, Utf8.Zero(group), Utf8.Zero(array), code, out begin, out rows));
            first = checked((long)begin);
            count = checked((long)rows);
        }

        /// <summary>The name of the file with a code.</summary>
        public string FileName(long code)
        {
            BufferHandle name;
            Errors.Check(NativeMethods.ds_dataset_file_name(_handle, code, out name));
            return Merge.Take(name);
        }

        /// <summary>The code of the file with a name.</summary>
        public long FileCode(string name)
        {
            long code;
            Errors.Check(NativeMethods.ds_dataset_file_code(_handle, Utf8.Zero(name), out code));
            return code;
        }

        // ---- values and tables

        /// <summary>How the values of an array are distributed, JSON; bins are {"equal": n}, {"edges": [...]} or null.</summary>
        public string Distribution(string group, string key, string bins = null)
        {
            BufferHandle json;
            Errors.Check(NativeMethods.ds_dataset_distribution(_handle, Utf8.Zero(group), Utf8.Zero(key), Utf8.Zero(bins), out json));
            return Merge.Take(json);
        }

        /// <summary>Which files have values in which bins or of which categories: files by labels, row-major.</summary>
        /// <param name="group">The group.</param>
        /// <param name="key">The array.</param>
        /// <param name="bins">{"categories": [...]}, {"edges": [...]}, {"equal": n} or null.</param>
        /// <param name="asCounts">Numbers of rows in place of 0 and 1.</param>
        /// <param name="labels">Receives the labels, a JSON list.</param>
        public uint[] Membership(string group, string key, string bins, bool asCounts, out string labels)
        {
            BufferHandle names, counts;
            Errors.Check(NativeMethods.ds_dataset_membership(_handle, Utf8.Zero(group), Utf8.Zero(key), Utf8.Zero(bins), asCounts ? 1 : 0,
                out names, out counts));
            labels = Merge.Take(names);
            return Numbers<uint>(counts, sizeof(uint));
        }

        /// <summary>The categories of an array or field: a JSON list of id, name and description.</summary>
        public string Descriptions(string table)
        {
            BufferHandle json;
            Errors.Check(NativeMethods.ds_dataset_descriptions(_handle, Utf8.Zero(table), out json));
            return Merge.Take(json);
        }

        /// <summary>The rows of "infoset" or "attribset" for which a predicate holds: a JSON list of objects.</summary>
        public string Table(string name, string where = null)
        {
            BufferHandle json;
            Errors.Check(NativeMethods.ds_dataset_table(_handle, Utf8.Zero(name), Utf8.Zero(where), out json));
            return Merge.Take(json);
        }

        // ---- subsets

        /// <summary>Splits the files; options and result are JSON, as for ds_dataset_split.</summary>
        public string Split(string options)
        {
            BufferHandle json;
            Errors.Check(NativeMethods.ds_dataset_split(_handle, Utf8.Zero(options), out json));
            return Merge.Take(json);
        }

        /// <summary>The codes of the files of a subset that was kept.</summary>
        public long[] Subset(string name)
        {
            BufferHandle codes;
            Errors.Check(NativeMethods.ds_dataset_subset(_handle, Utf8.Zero(name), out codes));
            return Numbers<long>(codes, sizeof(long));
        }

        /// <summary>Keeps subsets in the table of files, in place of those that were there.</summary>
        public void SaveSubsets(IEnumerable<KeyValuePair<string, long[]>> subsets)
        {
            var options = new Options();
            foreach (KeyValuePair<string, long[]> subset in subsets ?? Enumerable.Empty<KeyValuePair<string, long[]>>())
            {
                options[subset.Key] = subset.Value;
            }
            Errors.Check(NativeMethods.ds_dataset_save_subsets(_handle, Utf8.Zero(options)));
        }

        private static T[] Numbers<T>(BufferHandle buffer, int size) where T : struct
        {
            using (buffer)
            {
                byte[] bytes = buffer.Bytes();
                var numbers = Shapes.Allocate<T>("result", bytes.Length / size);
                Buffer.BlockCopy(bytes, 0, numbers, 0, numbers.Length * size);
                return numbers;
            }
        }
    }
}
