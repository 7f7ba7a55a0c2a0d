// Arrays of elements: saved from arrays, spans and scalars, loaded into new arrays or memory of the caller.
//
// Invariant: memory is pinned for the call and no longer, its size is the count of elements times the size in the table
// of element types, and nothing is converted: T must be the stored type.
// Not here: T[,] and T[,,] (Store.MultiDim.cs), strings (Store.Strings.cs), parts of arrays (Store.Regions.cs).

using System;
using System.Runtime.InteropServices;

namespace DataStorage
{
    public sealed unsafe partial class Store
    {
        /// <summary>How often a load asks for the shape again while other threads replace the array.</summary>
        private const int MaxAttempts = 8;

        // ---- saving

        /// <summary>Saves an array, replacing what is under the key.</summary>
        /// <param name="key">Components joined by '/'.</param>
        /// <param name="data">The elements, row-major.</param>
        /// <param name="shape">The lengths of the dimensions; none for one dimension.</param>
        public void Save<T>(string key, T[] data, params long[] shape) where T : struct => Save(key, Given(key, data), shape);

        /// <summary>Saves elements in memory of the caller.</summary>
        public void Save<T>(string key, Span<T> data, params long[] shape) where T : struct => Save(key, (ReadOnlySpan<T>)data, shape);

        /// <summary>Saves elements in memory of the caller.</summary>
        public void Save<T>(string key, ReadOnlySpan<T> data, params long[] shape) where T : struct =>
            SaveElements(key, data, Shapes.Of(key, shape, data.Length), null);

        /// <summary>Saves one element without a dimension.</summary>
        public void SaveScalar<T>(string key, T value) where T : struct => SaveElements(key, new ReadOnlySpan<T>(new[] { value }), new long[0], null);

        /// <summary>Saves a transposed, reversed or sliced array without copying it.</summary>
        /// <param name="key">Components joined by '/'.</param>
        /// <param name="data">The memory that holds the elements.</param>
        /// <param name="first">Where in data the element (0, ..., 0) is.</param>
        /// <param name="shape">The lengths of the dimensions.</param>
        /// <param name="strides">The distances in elements from one index of a dimension to the next; they may be negative.</param>
        public void SaveStrided<T>(string key, ReadOnlySpan<T> data, int first, long[] shape, long[] strides) where T : struct
        {
            Shapes.CheckStrides(key, first, shape, strides, data.Length);
            bool empty = Shapes.Count(key, shape) == 0;
            SaveElements(key, empty ? default(ReadOnlySpan<T>) : data.Slice(first), shape, strides);
        }

        /// <summary>Saves bytes without a shape.</summary>
        public void SaveBytes(string key, ReadOnlySpan<byte> bytes)
        {
            byte[] name = Utf8.Zero(key);
            fixed (byte* data = &Pin(bytes))
            {
                Errors.Check(NativeMethods.ds_save_bytes(_handle, name, data, Shapes.Size(bytes.Length)));
            }
        }

        /// <summary>Saves bytes without a shape.</summary>
        public void SaveBytes(string key, byte[] bytes) => SaveBytes(key, Given(key, bytes));

        /// <summary>Saves a JSON text: an object becomes a group, a list of numbers, bools or strings an array.</summary>
        public void SaveJson(string key, string json)
        {
            byte[] text = Payload(key, json);
            Errors.Check(NativeMethods.ds_save_json(_handle, Utf8.Zero(key), text, Length(text)));
        }

        // ---- loading

        /// <summary>The elements of an array, row-major.</summary>
        public T[] Load<T>(string key) where T : struct
        {
            long[] shape;
            return Load<T>(key, out shape);
        }

        /// <summary>The elements of an array, row-major, and its shape, which is empty for a scalar.</summary>
        public T[] Load<T>(string key, out long[] shape) where T : struct
        {
            byte[] name = Utf8.Zero(key);
            DType type = ElementTypes.Of<T>();
            // Between asking for the shape and loading, another thread may replace the array: then ask again.
            for (int attempt = 0; attempt < MaxAttempts; attempt++)
            {
                shape = ShapeOf(name);
                T[] data = Shapes.Allocate<T>(key, Shapes.Count(key, shape));
                long loaded;
                int status = LoadElements(name, type, new Span<T>(data), out loaded);
                if (status == NativeMethods.Ok && loaded == data.LongLength)
                {
                    return data;
                }
                if (status != NativeMethods.Ok && status != (int)Status.BufferTooSmall)
                {
                    throw Errors.Last(status);
                }
            }
            throw Errors.Create(Status.Busy, key + ": its shape changed at every one of " + MaxAttempts + " attempts");
        }

        /// <summary>As Load, but false for a key that is not there; every other failure throws.</summary>
        public bool TryLoad<T>(string key, out T[] data) where T : struct
        {
            try
            {
                data = Load<T>(key);
                return true;
            }
            catch (StoreKeyNotFoundException)
            {
                data = null;
                return false;
            }
        }

        /// <summary>A single element: a scalar, or the one element of an array of any shape.</summary>
        public T LoadScalar<T>(string key) where T : struct
        {
            var value = new T[1];
            long count;
            int status = LoadElements(Utf8.Zero(key), ElementTypes.Of<T>(), new Span<T>(value), out count);
            if (status == NativeMethods.Ok && count == 1)
            {
                return value[0];
            }
            if (status != NativeMethods.Ok && status != (int)Status.BufferTooSmall)
            {
                throw Errors.Last(status);
            }
            throw Errors.Create(Status.ShapeMismatch, key + ": wanted 1 element, array has " + count);
        }

        /// <summary>Loads into memory of the caller and gives the number of elements; too little memory is an error.</summary>
        public int LoadInto<T>(string key, Span<T> data) where T : struct
        {
            long count;
            Errors.Check(LoadElements(Utf8.Zero(key), ElementTypes.Of<T>(), data, out count));
            return checked((int)count);
        }

        /// <summary>Loads into an array of the caller and gives the number of elements; too short an array is an error.</summary>
        public int LoadInto<T>(string key, T[] data) where T : struct => LoadInto(key, new Span<T>(data));

        /// <summary>The bytes of a bytes node, or the elements of any array but one of strings.</summary>
        public byte[] LoadBytes(string key)
        {
            BufferHandle bytes;
            Errors.Check(NativeMethods.ds_load_bytes(_handle, Utf8.Zero(key), out bytes));
            using (bytes)
            {
                return bytes.Bytes();
            }
        }

        /// <summary>Any node as a JSON text: a group as an object, an array as a nested list.</summary>
        public string LoadJson(string key)
        {
            BufferHandle text;
            Errors.Check(NativeMethods.ds_load_json(_handle, Utf8.Zero(key), out text));
            return Take(text);
        }

        // ---- shared by the parts of this class

        /// <summary>The first element's address, null for none: pinning one element pins the whole memory.</summary>
        private static ref byte Pin<T>(ReadOnlySpan<T> data) where T : struct =>
            ref MemoryMarshal.GetReference(MemoryMarshal.AsBytes(data.Slice(0, Math.Min(1, data.Length))));

        private static ReadOnlySpan<T> Given<T>(string key, T[] data) =>
            data != null ? new ReadOnlySpan<T>(data) : throw Errors.Create(Status.InvalidArgument, key + ": data is null");

        /// <summary>The bytes of a text that is given with its length.</summary>
        private static byte[] Payload(string name, string text) =>
            Utf8.Bytes(text) ?? throw Errors.Create(Status.InvalidArgument, name + ": text is null");

        private static UIntPtr Length(byte[] text) => Shapes.Size(text.Length);

        private void SaveElements<T>(string key, ReadOnlySpan<T> data, long[] shape, long[] strides) where T : struct
        {
            var type = (int)ElementTypes.Of<T>();
            byte[] name = Utf8.Zero(key);
            fixed (byte* elements = &Pin(data))
            {
                Errors.Check(NativeMethods.ds_save(_handle, name, type, elements, shape, Shapes.Size(shape.Length), strides));
            }
        }

        private int LoadElements<T>(byte[] name, DType type, Span<T> data, out long count) where T : struct
        {
            int size = Element<T>.Size;
            UIntPtr bytes;
            fixed (byte* elements = &Pin((ReadOnlySpan<T>)data))
            {
                int status = NativeMethods.ds_load(_handle, name, (int)type, elements, Shapes.Size((long)data.Length * size), out bytes);
                count = (long)(bytes.ToUInt64() / (ulong)size);
                return status;
            }
        }

        private long[] ShapeOf(byte[] name)
        {
            ulong* lengths = stackalloc ulong[NativeMethods.MaxNdim];
            UIntPtr ndim;
            Errors.Check(NativeMethods.ds_shape(_handle, name, lengths, Shapes.Size(NativeMethods.MaxNdim), out ndim));
            var shape = new long[(int)ndim.ToUInt32()];
            for (int d = 0; d < shape.Length; d++)
            {
                shape[d] = checked((long)lengths[d]);
            }
            return shape;
        }
    }
}
