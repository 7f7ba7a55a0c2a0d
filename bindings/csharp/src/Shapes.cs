// Arithmetic of shapes, and the managed memory for them.
//
// Invariant: no length that is negative and no product that overflows reaches the library, and no array is allocated
// for a count that .NET cannot hold; each is an exception that names the key.
// Not here: whether a shape fits what is stored, which the library checks.

using System;
using System.Numerics;
using System.Text;

namespace DataStorage
{
    internal static class Shapes
    {
        /// <summary>The most elements of one .NET array (of bytes: a few more, which nobody misses).</summary>
        internal const long MaxElements = 0x7FEFFFFF;

        internal static UIntPtr Size(long size) => new UIntPtr(checked((ulong)size));

        /// <summary>The number of elements of a shape.</summary>
        internal static long Count(string key, long[] shape)
        {
            bool empty = false;
            for (int d = 0; d < shape.Length; d++)
            {
                if (shape[d] < 0)
                {
                    throw Errors.Create(Status.InvalidArgument, key + ": length " + shape[d] + " of dimension " + d + " is negative");
                }
                empty |= shape[d] == 0;
            }
            if (empty)
            {
                return 0;
            }
            long count = 1;
            foreach (long length in shape)
            {
                if (length > long.MaxValue / count)
                {
                    throw Errors.Create(Status.InvalidArgument, key + ": shape " + Text(shape) + " has more elements than memory");
                }
                count *= length;
            }
            return count;
        }

        /// <summary>The shape of flat data: the one given, checked, or one dimension when none is.</summary>
        internal static long[] Of(string key, long[] shape, int elements)
        {
            if (shape == null || shape.Length == 0)
            {
                return new long[] { elements };
            }
            long count = Count(key, shape);
            if (count != elements)
            {
                throw Errors.Create(Status.ShapeMismatch,
                    key + ": shape " + Text(shape) + " has " + count + " elements, data has " + elements);
            }
            return shape;
        }

        /// <summary>The shape of a .NET array of any rank.</summary>
        internal static long[] Of(Array array)
        {
            var shape = new long[array.Rank];
            for (int d = 0; d < shape.Length; d++)
            {
                shape[d] = array.GetLongLength(d);
            }
            return shape;
        }

        /// <summary>Refuses an offset that is negative or has not as many dimensions as the shape.</summary>
        internal static void CheckOffset(string key, long[] offset, long[] shape)
        {
            if (offset == null || shape == null || offset.Length != shape.Length)
            {
                throw Errors.Create(Status.InvalidArgument, key + ": offset has " + (offset == null ? 0 : offset.Length) +
                    " dimensions, shape has " + (shape == null ? 0 : shape.Length));
            }
            foreach (long start in offset)
            {
                if (start < 0)
                {
                    throw Errors.Create(Status.InvalidArgument, key + ": offset " + Text(offset) + " is negative");
                }
            }
        }

        /// <summary>Refuses strides that leave data of so many elements; first is where element (0, ..., 0) is.</summary>
        internal static void CheckStrides(string key, long first, long[] shape, long[] strides, int elements)
        {
            if (shape == null || strides == null || strides.Length != shape.Length)
            {
                throw Errors.Create(Status.InvalidArgument, key + ": strides have " + (strides == null ? 0 : strides.Length) +
                    " dimensions, shape has " + (shape == null ? 0 : shape.Length));
            }
            if (Count(key, shape) == 0)
            {
                return;
            }
            BigInteger low = first;
            BigInteger high = first;
            for (int d = 0; d < shape.Length; d++)
            {
                BigInteger reach = (BigInteger)(shape[d] - 1) * strides[d];
                low += BigInteger.Min(reach, 0);
                high += BigInteger.Max(reach, 0);
            }
            if (low < 0 || high >= elements)
            {
                throw Errors.Create(Status.InvalidArgument,
                    key + ": strides reach elements " + low + " to " + high + ", data has " + elements);
            }
        }

        internal static T[] Allocate<T>(string key, long count)
        {
            if (count > MaxElements)
            {
                throw Errors.Create(Status.Unsupported,
                    key + ": has " + count + " elements, a .NET array at most " + MaxElements + "; load it by regions");
            }
            return count == 0 ? Array.Empty<T>() : new T[count];
        }

        internal static string Text(long[] shape)
        {
            var text = new StringBuilder("(");
            for (int d = 0; d < shape.Length; d++)
            {
                text.Append(d == 0 ? "" : ", ").Append(shape[d]);
            }
            return text.Append(")").ToString();
        }
    }
}
