// T[,] and T[,,]: the same calls, with the shape of the array.
//
// Invariant: elements are read and written where they are, row-major as .NET keeps them; an array of another number of
// dimensions than the type says is an exception.
// Not here: more than three dimensions. A flat array with a shape has up to 32.

using System;

namespace DataStorage
{
    public sealed unsafe partial class Store
    {
        /// <summary>Saves an array of two dimensions.</summary>
        public void Save<T>(string key, T[,] data) where T : struct => SaveWhole<T>(key, data);

        /// <summary>Saves an array of three dimensions.</summary>
        public void Save<T>(string key, T[,,] data) where T : struct => SaveWhole<T>(key, data);

        /// <summary>An array of two dimensions.</summary>
        public T[,] Load2D<T>(string key) where T : struct => (T[,])LoadWhole<T>(key, 2);

        /// <summary>An array of three dimensions.</summary>
        public T[,,] Load3D<T>(string key) where T : struct => (T[,,])LoadWhole<T>(key, 3);

        /// <summary>Writes a box of an array of two dimensions.</summary>
        public void SaveRegion<T>(string key, long[] offset, T[,] data) where T : struct => SaveBox<T>(key, offset, data);

        /// <summary>Writes a box of an array of three dimensions.</summary>
        public void SaveRegion<T>(string key, long[] offset, T[,,] data) where T : struct => SaveBox<T>(key, offset, data);

        /// <summary>A box of an array of two dimensions.</summary>
        public T[,] LoadRegion2D<T>(string key, long[] offset, long[] shape) where T : struct => (T[,])LoadBox<T>(key, offset, shape, 2);

        /// <summary>A box of an array of three dimensions.</summary>
        public T[,,] LoadRegion3D<T>(string key, long[] offset, long[] shape) where T : struct => (T[,,])LoadBox<T>(key, offset, shape, 3);

        /// <summary>Lengthens the dimension axis of an array of two dimensions.</summary>
        public void Append<T>(string key, T[,] data, int axis = 0) where T : struct => AppendWhole<T>(key, data, axis);

        /// <summary>Lengthens the dimension axis of an array of three dimensions.</summary>
        public void Append<T>(string key, T[,,] data, int axis = 0) where T : struct => AppendWhole<T>(key, data, axis);

        private void SaveWhole<T>(string key, Array data) where T : struct
        {
            var type = (int)ElementTypes.Of<T>();
            byte[] name = Utf8.Zero(key);
            using (Pinned pinned = Pin(key, data))
            {
                long[] shape = Shapes.Of(data);
                Errors.Check(NativeMethods.ds_save(_handle, name, type, pinned.Data, shape, Shapes.Size(shape.Length), null));
            }
        }

        private void SaveBox<T>(string key, long[] offset, Array data) where T : struct
        {
            DType type = ElementTypes.Of<T>();
            using (Pinned pinned = Pin(key, data))
            {
                SaveRegion(key, type, offset, pinned.Data, Shapes.Of(data));
            }
        }

        private void AppendWhole<T>(string key, Array data, int axis) where T : struct
        {
            DType type = ElementTypes.Of<T>();
            using (Pinned pinned = Pin(key, data))
            {
                Append(key, type, pinned.Data, Shapes.Of(data), axis);
            }
        }

        private Array LoadWhole<T>(string key, int ndim) where T : struct
        {
            byte[] name = Utf8.Zero(key);
            DType type = ElementTypes.Of<T>();
            for (int attempt = 0; attempt < MaxAttempts; attempt++)
            {
                long[] shape = ShapeOf(name);
                Array data = Make<T>(key, shape, ndim);
                using (var pinned = new Pinned(data))
                {
                    UIntPtr bytes;
                    UIntPtr size = Shapes.Size(data.LongLength * Element<T>.Size);
                    int status = NativeMethods.ds_load(_handle, name, (int)type, pinned.Data, size, out bytes);
                    if (status == NativeMethods.Ok && bytes == size)
                    {
                        pinned.Keep();
                        return data;
                    }
                    if (status != NativeMethods.Ok && status != (int)Status.BufferTooSmall)
                    {
                        throw Errors.Last(status);
                    }
                }
            }
            throw Errors.Create(Status.Busy, key + ": its shape changed at every one of " + MaxAttempts + " attempts");
        }

        private Array LoadBox<T>(string key, long[] offset, long[] shape, int ndim) where T : struct
        {
            DType type = ElementTypes.Of<T>();
            Array data = Make<T>(key, Lengths(key, shape), ndim);
            using (var pinned = new Pinned(data))
            {
                LoadRegion(key, type, offset, shape, pinned.Data, data.Length);
                pinned.Keep();
                return data;
            }
        }

        private static Array Make<T>(string key, long[] shape, int ndim)
        {
            if (shape.Length != ndim)
            {
                throw Errors.Create(Status.ShapeMismatch, key + ": wanted " + ndim + " dimensions, array has " + shape.Length);
            }
            long count = Shapes.Count(key, shape);
            if (count > Shapes.MaxElements || Array.Exists(shape, length => length > Shapes.MaxElements))
            {
                throw Errors.Create(Status.Unsupported,
                    key + ": shape " + Shapes.Text(shape) + " is more than a .NET array holds; load it by regions");
            }
            return Array.CreateInstance(typeof(T), shape);
        }

        private static Pinned Pin(string key, Array data) =>
            data != null ? new Pinned(data) : throw Errors.Create(Status.InvalidArgument, key + ": data is null");
    }
}
