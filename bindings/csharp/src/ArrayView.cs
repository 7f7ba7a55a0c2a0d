// An array that is read where it lies, without a copy.
//
//     using (ArrayView<float> areas = store.View<float>("face_areas"))
//     {
//         foreach (float area in areas.Span) { ... }
//     }
//
// Invariant: every member but Span keeps the memory while it reads it, so that neither the garbage collector nor a Dispose
// on another thread takes it away; a disposed view is a StoreClosedException. What a Span points to is not kept by it: C#
// has no span that keeps its owner alive. It holds until Dispose, so use it inside a using block, or call GC.KeepAlive
// with the view behind the last use, or take Read.
// Not here: which arrays can be viewed, which the library tells (docs/concepts.md).

using System;

namespace DataStorage
{
    /// <summary>Reads elements, and gives a result that is not the span itself.</summary>
    public delegate R SpanReader<T, R>(ReadOnlySpan<T> elements) where T : struct;

    /// <summary>
    /// The elements of an array where they lie: read-only, the same until disposed, whatever becomes of key, file and store.
    /// Any number of threads may read it.
    /// </summary>
    public sealed unsafe class ArrayView<T> : IDisposable where T : struct
    {
        private readonly string _key;
        private readonly ViewHandle _handle;
        private readonly byte* _data;
        private readonly long[] _shape;
        private readonly long[] _strides;

        internal ArrayView(string key, ViewHandle handle)
        {
            _key = key;
            _handle = handle;
            var type = (DType)NativeMethods.ds_view_dtype(handle);
            if (type != ElementTypes.Of<T>())
            {
                throw Errors.Create(Status.DtypeMismatch,
                    key + ": data is " + ElementTypes.NameOf(type) + ", asked for " + ElementTypes.NameOf(ElementTypes.Of<T>()));
            }
            _data = (byte*)NativeMethods.ds_view_data(handle);
            _shape = new long[checked((int)NativeMethods.ds_view_ndim(handle).ToUInt32())];
            _strides = new long[_shape.Length];
            ulong* lengths = NativeMethods.ds_view_shape(handle);
            long* steps = NativeMethods.ds_view_strides(handle);
            for (int d = 0; d < _shape.Length; d++)
            {
                _shape[d] = checked((long)lengths[d]);
                _strides[d] = steps[d];
            }
            IsBorrowed = NativeMethods.ds_view_is_borrowed(handle) != 0;
            Elements = Shapes.Count(key, _shape);
            IsRowMajor = Elements == 0 || Follows(_shape, _strides);
            GC.KeepAlive(handle); // the lengths and steps lie in it
        }

        // ---- what it is

        /// <summary>The lengths of the dimensions; none for a scalar.</summary>
        public long[] Shape => (long[])_shape.Clone();

        /// <summary>The distances in elements from one index of a dimension to the next, never negative.</summary>
        public long[] Strides => (long[])_strides.Clone();

        /// <summary>The number of elements.</summary>
        public long Elements { get; }

        /// <summary>Whether the elements lie in memory of the store; false when they were loaded (copy).</summary>
        public bool IsBorrowed { get; }

        /// <summary>Whether the elements lie one behind the other in the order of the indices, the last one fastest.</summary>
        public bool IsRowMajor { get; }

        // ---- its elements

        /// <summary>
        /// The elements, row-major. They may be read until the view is disposed, and it must be reachable until then: the span
        /// does not keep it. Read them in a using block of the view, or call GC.KeepAlive(view) behind the last use.
        /// </summary>
        /// <exception cref="StoreNotSupportedException">The elements lie in another order, or are more than a span holds.</exception>
        public ReadOnlySpan<T> Span
        {
            get
            {
                if (_handle.IsClosed)
                {
                    throw Held.Closed(What);
                }
                if (!IsRowMajor)
                {
                    throw Errors.Create(Status.Unsupported, _key + ": has no span: shape " + Shapes.Text(_shape) + " lies with strides " +
                        Shapes.Text(_strides) + ", which is not row-major; use ToArray or the indexer");
                }
                if (Elements > int.MaxValue)
                {
                    throw Errors.Create(Status.Unsupported,
                        _key + ": has " + Elements + " elements, a span at most " + int.MaxValue + "; use the indexer");
                }
                return new ReadOnlySpan<T>(_data, (int)Elements);
            }
        }

        /// <summary>Gives the span to a delegate and keeps the memory while that runs, even when the view is disposed meanwhile.</summary>
        public R Read<R>(SpanReader<T, R> read)
        {
            if (read == null)
            {
                throw Errors.Create(Status.InvalidArgument, _key + ": read is null");
            }
            using (Hold())
            {
                return read(Span);
            }
        }

        /// <summary>An element of an array of one dimension.</summary>
        public T this[long i]
        {
            get
            {
                CheckNdim(1);
                return At(Step(0, i));
            }
        }

        /// <summary>An element of an array of two dimensions.</summary>
        public T this[long i, long j]
        {
            get
            {
                CheckNdim(2);
                return At(Step(0, i) + Step(1, j));
            }
        }

        /// <summary>An element by one index a dimension; of a scalar by none (an empty array).</summary>
        public T this[params long[] index]
        {
            get
            {
                if (index == null)
                {
                    throw Errors.Create(Status.InvalidArgument, _key + ": index is null");
                }
                CheckNdim(index.Length);
                long at = 0;
                for (int d = 0; d < index.Length; d++)
                {
                    at += Step(d, index[d]);
                }
                return At(at);
            }
        }

        /// <summary>The elements in an array of their own, row-major, whatever order they lie in.</summary>
        public T[] ToArray()
        {
            using (Hold())
            {
                T[] array = Shapes.Allocate<T>(_key, Elements);
                if (array.Length == 0)
                {
                    return array;
                }
                if (IsRowMajor)
                {
                    new ReadOnlySpan<T>(_data, array.Length).CopyTo(array);
                }
                else
                {
                    Gather(array);
                }
                return array;
            }
        }

        /// <summary>Gives the memory back. Spans of this view must not be read any more.</summary>
        public void Dispose() => _handle.Dispose();

        // ---- inside

        private string What => _key + ": view";

        private Held Hold() => new Held(_handle, What);

        private void CheckNdim(int ndim)
        {
            if (ndim != _shape.Length)
            {
                throw Errors.Create(Status.InvalidArgument, _key + ": index has " + ndim + " dimensions, array has " + _shape.Length);
            }
        }

        private long Step(int dimension, long index)
        {
            if (index < 0 || index >= _shape[dimension])
            {
                throw Errors.Create(Status.InvalidArgument,
                    _key + ": index " + index + " of dimension " + dimension + " is outside of length " + _shape[dimension]);
            }
            return index * _strides[dimension];
        }

        private T At(long at)
        {
            using (Hold())
            {
                return ElementAt(at);
            }
        }

        private T ElementAt(long at) => new ReadOnlySpan<T>(_data + at * Element<T>.Size, 1)[0];

        /// <summary>Fills an array, which has as many elements, row by row of the last dimension.</summary>
        private void Gather(T[] array)
        {
            int last = _shape.Length - 1;
            int row = (int)_shape[last];
            long step = _strides[last];
            var index = new long[_shape.Length];
            long at = 0;
            for (int begin = 0; begin < array.Length; begin += row)
            {
                for (int i = 0; i < row; i++)
                {
                    array[begin + i] = ElementAt(at + i * step);
                }
                // The next row: one more in the dimension before the last; what is at its end begins again.
                for (int d = last - 1; d >= 0; d--)
                {
                    at += _strides[d];
                    if (++index[d] < _shape[d])
                    {
                        break;
                    }
                    at -= _shape[d] * _strides[d];
                    index[d] = 0;
                }
            }
        }

        private static bool Follows(long[] shape, long[] strides)
        {
            long step = 1;
            for (int d = shape.Length - 1; d >= 0; d--)
            {
                if (shape[d] != 1 && strides[d] != step)
                {
                    return false;
                }
                step *= shape[d];
            }
            return true;
        }
    }
}
