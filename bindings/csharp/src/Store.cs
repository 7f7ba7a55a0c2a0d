// One open store: opening, commit points, the end.
//
//     using (var store = Store.OpenZarr("part.zarr"))
//     {
//         store.Save("face_areas", new[] { 1.5f, 2.3f, 4.1f });
//         store.Compress();
//     }
//
// Invariant: the handle is given to every call as a SafeHandle, so that it cannot be released while a call runs. Close
// and Dispose commit and report; a store that nobody closed is discarded by the finalizer. Any member may be called from
// any thread at any time, Close included; a call on a closed store is a StoreClosedException.
// Not here: what is in the store (the other parts of this class).

using System;
using System.Threading;

namespace DataStorage
{
    /// <summary>
    /// A store of typed n-d arrays, strings, nested groups, metadata and a schema: in Zarr, JSON files or memory. Its members
    /// may be called from any thread at any time.
    /// </summary>
    public sealed unsafe partial class Store : IDisposable
    {
        private readonly StoreHandle _handle;

        internal Store(StoreHandle handle)
        {
            _handle = handle;
        }

        // ---- opening

        /// <summary>Opens "memory:", "json:DIRECTORY", "zarr:PATH", or a bare path, which is Zarr.</summary>
        /// <param name="uri">What to open.</param>
        /// <param name="options">A JSON object or <see cref="Options"/>, such as { ["mode"] = "r" }; null for the defaults.</param>
        /// <exception cref="StoreNotFoundException">There is nothing at the path, and the mode does not create.</exception>
        public static Store Open(string uri, string options = null)
        {
            StoreHandle handle;
            byte[] name = Utf8.Zero(uri), text = Begin(options);
            Errors.CheckOpen(NativeMethods.ds_open(name, text, out handle));
            return new Store(handle);
        }

        /// <summary>Opens a Zarr store: a directory, or its archive (one file), which opens read-only.</summary>
        public static Store OpenZarr(string path, string options = null)
        {
            StoreHandle handle;
            byte[] name = Utf8.Zero(path), text = Begin(options);
            Errors.CheckOpen(NativeMethods.ds_open_zarr(name, text, out handle));
            return new Store(handle);
        }

        /// <summary>Opens a directory of JSON files.</summary>
        public static Store OpenJson(string directory, string options = null)
        {
            StoreHandle handle;
            byte[] name = Utf8.Zero(directory), text = Begin(options);
            Errors.CheckOpen(NativeMethods.ds_open_json(name, text, out handle));
            return new Store(handle);
        }

        /// <summary>Opens a new store in memory, which is gone when it is closed.</summary>
        public static Store OpenMemory(string options = null)
        {
            StoreHandle handle;
            byte[] text = Begin(options);
            Errors.CheckOpen(NativeMethods.ds_open_memory(text, out handle));
            return new Store(handle);
        }

        /// <summary>Opens an archive that is in memory, read-only; the bytes are copied.</summary>
        public static Store OpenBytes(ReadOnlySpan<byte> archive, string options = null)
        {
            StoreHandle handle;
            byte[] text = Begin(options);
            fixed (byte* data = &Pin(archive))
            {
                Errors.CheckOpen(NativeMethods.ds_open_bytes(data, Shapes.Size(archive.Length), text, out handle));
            }
            return new Store(handle);
        }

        /// <summary>Opens an archive that is in memory, read-only; the bytes are copied.</summary>
        public static Store OpenBytes(byte[] archive, string options = null) => OpenBytes(new ReadOnlySpan<byte>(archive), options);

        // ---- the store as a whole

        /// <summary>Whether the store is open: false once a close began.</summary>
        public bool IsOpen => NativeMethods.ds_is_open(_handle) != 0;

        /// <summary>"zarr", "json" or "memory".</summary>
        public string Format
        {
            get
            {
                IntPtr name;
                Errors.Check(NativeMethods.ds_format(_handle, out name));
                return Utf8.Text(name);
            }
        }

        /// <summary>Where a key is stored, or the store for ""; for a store in memory a sentence that says so.</summary>
        public string Path(string key = "")
        {
            BufferHandle text;
            Errors.Check(NativeMethods.ds_path(_handle, Utf8.Zero(key), out text));
            return Take(text);
        }

        /// <summary>A commit point: everything saved so far survives a crash once this returns.</summary>
        public void Flush(IProgress<StoreProgress> progress = null, CancellationToken cancellation = default(CancellationToken))
        {
            using (var call = new LongCall(_handle, progress, cancellation))
            {
                call.Check(NativeMethods.ds_flush(_handle));
            }
        }

        /// <summary>
        /// Writes the store into one file and gives its size in bytes, 0 for memory and JSON. The store is read-only
        /// afterwards, and closing it removes the directory.
        /// </summary>
        public long Compress(IProgress<StoreProgress> progress = null, CancellationToken cancellation = default(CancellationToken))
        {
            using (var call = new LongCall(_handle, progress, cancellation))
            {
                ulong bytes;
                call.Check(NativeMethods.ds_compress(_handle, out bytes));
                return checked((long)bytes);
            }
        }

        /// <summary>Reads everything and tells what is missing or altered; may record the present state as right.</summary>
        public Verification Verify(bool repairRecords = false, IProgress<StoreProgress> progress = null,
            CancellationToken cancellation = default(CancellationToken))
        {
            byte[] options = repairRecords ? Utf8.Zero("{\"repair_records\":true}") : null;
            using (var call = new LongCall(_handle, progress, cancellation))
            {
                BufferHandle report;
                int status = NativeMethods.ds_verify(_handle, options, out report);
                using (report)
                {
                    bool found = status == (int)Status.Corrupt && !report.IsInvalid;
                    if (!found)
                    {
                        call.Check(status);
                    }
                    return new Verification(!found, report.IsInvalid ? "{\"findings\":[]}" : report.Text());
                }
            }
        }

        /// <summary>The store as an archive in memory, which <see cref="OpenBytes(byte[], string)"/> opens; it stays as it is.</summary>
        /// <param name="options">How a store in memory or in JSON files is encoded, such as { ["profile"] = "compact" }.</param>
        public byte[] ToBytes(string options = null)
        {
            BufferHandle bytes;
            Errors.Check(NativeMethods.ds_to_bytes(_handle, Utf8.Zero(options), out bytes));
            using (bytes)
            {
                return bytes.Bytes();
            }
        }

        /// <summary>Ends the calls in flight on other threads: they throw <see cref="StoreCanceledException"/> at their next chunk.</summary>
        public void Interrupt() => Errors.Check(NativeMethods.ds_interrupt(_handle));

        // ---- the end

        /// <summary>
        /// Commits and closes: refuses new calls, waits for those in flight, makes everything durable. What it throws could
        /// not be written; the store is closed all the same. Closing a closed store does nothing, closing one that another
        /// thread is closing returns when that has finished.
        /// </summary>
        public void Close(IProgress<StoreProgress> progress = null, CancellationToken cancellation = default(CancellationToken))
        {
            using (var call = new LongCall(_handle, progress, cancellation))
            {
                call.Check(End(NativeMethods.ds_close(_handle)));
            }
        }

        /// <summary>Closes without publishing: what was not flushed is dropped. Discarding a closed store does nothing.</summary>
        public void Discard() => Errors.Check(End(NativeMethods.ds_discard(_handle)));

        /// <summary>As <see cref="Close"/>: it commits, and throws what could not be written.</summary>
        public void Dispose() => Close();

        /// <summary>What a close means here: a store that is closed is nothing to finalize, and no error.</summary>
        private int End(int status)
        {
            if (NativeMethods.ds_is_open(_handle) == 0)
            {
                GC.SuppressFinalize(_handle);
            }
            return status == (int)Status.Closed ? NativeMethods.Ok : status;
        }

        // ---- shared by the parts of this class

        /// <summary>Checks the ABI once for each process, and gives the options as the library takes them.</summary>
        private static byte[] Begin(string options)
        {
            DataStorageLibrary.CheckAbi();
            return Utf8.Zero(options);
        }

        /// <summary>The text of a buffer, which is freed.</summary>
        internal static string Take(BufferHandle buffer)
        {
            using (buffer)
            {
                return buffer.Text();
            }
        }
    }
}
