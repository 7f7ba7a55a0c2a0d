// Arrays without a copy, and everything below a key in one call.
//
// Invariant: what these give owns its share of memory and outlives the store. T must be the stored type.
// Not here: how it is read (ArrayView.cs, Bundle.cs).

namespace DataStorage
{
    public sealed unsafe partial class Store
    {
        private static readonly byte[] WithCopy = Utf8.Zero("{\"copy\":true}");

        /// <summary>
        /// An array (or bytes) where its elements lie: in a store in memory, or raw in an archive that was opened with
        /// { ["mmap"] = true }, from bytes, or is small. Dispose it to give the memory back.
        /// </summary>
        /// <param name="key">Components joined by '/'.</param>
        /// <param name="copy">Whether an array that cannot be viewed is loaded instead of being refused.</param>
        /// <exception cref="StoreNotSupportedException">It cannot be viewed; the message says why.</exception>
        public ArrayView<T> View<T>(string key, bool copy = false) where T : struct
        {
            ElementTypes.Of<T>();
            ViewHandle view;
            Errors.Check(NativeMethods.ds_view(_handle, Utf8.Zero(key), copy ? WithCopy : null, out view));
            try
            {
                return new ArrayView<T>(key, view);
            }
            catch
            {
                view.Dispose();
                throw;
            }
        }

        /// <summary>
        /// Every array, string and JSON node at and below a key, "" for all, in one call: for many small arrays. Each is as it
        /// was at one moment, not all of them at the same.
        /// </summary>
        public Bundle LoadAll(string key = "")
        {
            BufferHandle index, data;
            Errors.Check(NativeMethods.ds_load_all(_handle, Utf8.Zero(key), out index, out data));
            try
            {
                return new Bundle(Take(index), data);
            }
            catch
            {
                data.Dispose();
                throw;
            }
        }
    }
}
