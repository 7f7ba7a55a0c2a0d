// The six things the library hands out, each owned by a SafeHandle: a store, a dataset, a buffer, an iterator, a view, a
// schema that is being made.
//
// Invariant: each is given back exactly once. A store that was closed or discarded keeps its token, which the library
// answers with DS_ERR_CLOSED and its text: tokens are never dereferenced and never used again. A store that nobody
// closed is discarded by the finalizer, so that whether its data is published never depends on the garbage collector.
// Not here: waiting, committing, errors (Store.cs).

using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace DataStorage
{
    /// <summary>The token of an open store.</summary>
    internal sealed class StoreHandle : SafeHandle
    {
        private int _progress;

        public StoreHandle() : base(IntPtr.Zero, true)
        {
        }

        public override bool IsInvalid => handle == IntPtr.Zero;

        /// <summary>The number that the progress callback gets as userdata: it tells stores apart and is never freed.</summary>
        internal IntPtr Token => handle;

        /// <summary>True for the first caller only, who then installs the progress callback.</summary>
        internal bool TakeProgress() => Interlocked.Exchange(ref _progress, 1) == 0;

        internal void GiveProgressBack() => Interlocked.Exchange(ref _progress, 0);

        protected override bool ReleaseHandle()
        {
            // On the finalizer's thread. Of a store that was ended before, the library says so and does nothing.
            NativeMethods.ds_discard_token(handle);
            return true;
        }
    }

    /// <summary>The token of an open dataset, which is only read: whoever lets go of it, nothing is lost.</summary>
    internal sealed class DatasetHandle : SafeHandle
    {
        public DatasetHandle() : base(IntPtr.Zero, true)
        {
        }

        public override bool IsInvalid => handle == IntPtr.Zero;

        protected override bool ReleaseHandle()
        {
            NativeMethods.ds_dataset_close_token(handle);
            return true;
        }
    }

    /// <summary>Bytes that the library handed out; readable until disposed.</summary>
    internal sealed unsafe class BufferHandle : SafeHandle
    {
        public BufferHandle() : base(IntPtr.Zero, true)
        {
        }

        public override bool IsInvalid => handle == IntPtr.Zero;

        internal byte* Data => (byte*)NativeMethods.ds_buffer_data(this);

        internal long Size => checked((long)NativeMethods.ds_buffer_size(this).ToUInt64());

        internal string Text() => Utf8.Text(Data, Size);

        internal byte[] Bytes()
        {
            long size = Size;
            var bytes = Shapes.Allocate<byte>("buffer", size);
            if (size > 0)
            {
                fixed (byte* to = bytes)
                {
                    Buffer.MemoryCopy(Data, to, size, size);
                }
            }
            return bytes;
        }

        protected override bool ReleaseHandle()
        {
            NativeMethods.ds_buffer_free(handle);
            return true;
        }
    }

    /// <summary>A walk over keys.</summary>
    internal sealed class IterHandle : SafeHandle
    {
        public IterHandle() : base(IntPtr.Zero, true)
        {
        }

        public override bool IsInvalid => handle == IntPtr.Zero;

        protected override bool ReleaseHandle()
        {
            NativeMethods.ds_iter_free(handle);
            return true;
        }
    }

    /// <summary>A schema that is being made.</summary>
    internal sealed class SchemaHandle : SafeHandle
    {
        public SchemaHandle() : base(IntPtr.Zero, true)
        {
        }

        public override bool IsInvalid => handle == IntPtr.Zero;

        protected override bool ReleaseHandle()
        {
            NativeMethods.ds_schema_free(handle);
            return true;
        }
    }

    /// <summary>A share of the memory that the elements of an array lie in, whatever becomes of their store.</summary>
    internal sealed class ViewHandle : SafeHandle
    {
        public ViewHandle() : base(IntPtr.Zero, true)
        {
        }

        public override bool IsInvalid => handle == IntPtr.Zero;

        protected override bool ReleaseHandle()
        {
            NativeMethods.ds_view_free(handle);
            return true;
        }
    }
}
