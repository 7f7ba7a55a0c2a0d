// Arrays of strings between .NET and the library: pointers and lengths going in, texts and offsets coming out.
//
// Invariant: the pointers hold while the Texts is alive; its bytes are pinned and let go by Dispose.
// Not here: single strings (Utf8.cs).

using System;
using System.Runtime.InteropServices;
using System.Text;

namespace DataStorage
{
    /// <summary>Strings as the library takes them, in one pinned block of UTF-8, each with a NUL after it.</summary>
    internal sealed class Texts : IDisposable
    {
        private GCHandle _pin;

        internal Texts(string key, string[] strings)
        {
            if (strings == null)
            {
                throw Errors.Create(Status.InvalidArgument, key + ": strings is null");
            }
            var pieces = new byte[strings.Length][];
            long size = 0;
            for (int i = 0; i < strings.Length; i++)
            {
                pieces[i] = Utf8.Bytes(strings[i]) ?? throw Errors.Create(Status.InvalidArgument, key + ": string " + i + " is null");
                size += pieces[i].Length + 1;
            }
            byte[] block = Shapes.Allocate<byte>(key, size);
            Pointers = new IntPtr[strings.Length];
            Lengths = new UIntPtr[strings.Length];
            _pin = GCHandle.Alloc(block, GCHandleType.Pinned);
            long at = _pin.AddrOfPinnedObject().ToInt64();
            int written = 0;
            for (int i = 0; i < strings.Length; i++)
            {
                Buffer.BlockCopy(pieces[i], 0, block, written, pieces[i].Length);
                Pointers[i] = new IntPtr(at + written);
                Lengths[i] = Shapes.Size(pieces[i].Length);
                written += pieces[i].Length + 1;
            }
        }

        internal IntPtr[] Pointers { get; }

        internal UIntPtr[] Lengths { get; }

        public void Dispose()
        {
            if (_pin.IsAllocated)
            {
                _pin.Free();
            }
        }

        /// <summary>The strings of two buffers: all texts, and where each begins, one offset more than strings.</summary>
        internal static unsafe string[] Read(string key, BufferHandle text, BufferHandle offsets)
        {
            byte* bytes = text.Data;
            byte* table = offsets.Data;
            long count = offsets.Size / sizeof(ulong) - 1;
            string[] strings = Shapes.Allocate<string>(key, count);
            for (long i = 0; i < count; i++)
            {
                long begin = Offset(table, i);
                strings[i] = Utf8.Text(bytes + begin, Offset(table, i + 1) - begin - 1);
            }
            return strings;
        }

        private static unsafe long Offset(byte* table, long i) => (long)((ulong*)table)[i];
    }
}
