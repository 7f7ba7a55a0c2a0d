// A .NET array of any rank, pinned, so that the library may read or write its elements where they are.
//
// Invariant: the array does not move until Dispose. An array of bool, which the runtime does not pin by handle, is
// copied instead, and copied back by Keep.
// Not here: arrays of rank 1, which are pinned as spans (Store.Arrays.cs).

using System;
using System.Runtime.InteropServices;

namespace DataStorage
{
    internal sealed unsafe class Pinned : IDisposable
    {
        private readonly Array _array;
        private readonly byte[] _bools;
        private GCHandle _pin;

        internal Pinned(Array array)
        {
            _array = array;
            object held = array;
            if (array.GetType().GetElementType() == typeof(bool))
            {
                _bools = new byte[array.Length];
                Buffer.BlockCopy(array, 0, _bools, 0, _bools.Length);
                held = _bools;
            }
            _pin = GCHandle.Alloc(held, GCHandleType.Pinned);
        }

        internal void* Data => _array.Length == 0 ? null : (void*)_pin.AddrOfPinnedObject();

        /// <summary>Takes what the library wrote.</summary>
        internal void Keep()
        {
            if (_bools != null)
            {
                Buffer.BlockCopy(_bools, 0, _array, 0, _bools.Length);
            }
        }

        public void Dispose()
        {
            if (_pin.IsAllocated)
            {
                _pin.Free();
            }
        }
    }
}
