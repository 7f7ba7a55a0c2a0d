// Memory of a handle, kept for the length of one piece of code.
//
//     using (new Held(_handle, _key + ": view"))
//     {
//         // its pointers hold here, even while another thread disposes it
//     }
//
// Invariant: what a disposed handle held is not read; asking for it is a StoreClosedException.
// Not here: handles that are passed to the library, which the runtime keeps by itself.

using System;
using System.Runtime.InteropServices;

namespace DataStorage
{
    internal struct Held : IDisposable
    {
        private readonly SafeHandle _handle;

        internal Held(SafeHandle handle, string what)
        {
            bool added = false;
            try
            {
                handle.DangerousAddRef(ref added);
            }
            catch (ObjectDisposedException)
            {
                throw Closed(what);
            }
            _handle = handle;
        }

        public void Dispose() => _handle.DangerousRelease();

        internal static Exception Closed(string what) => Errors.Create(Status.Closed, what + " was disposed");
    }
}
