// Arrays that are written by parts and may be larger than memory: create, write a box, resize, append, read a box.
//
//     store.Create<float>("signal", new long[] { 0, 1024 }, new Options { ["chunks"] = new[] { 1000, 1024 } });
//     store.Append("signal", rows, new long[] { 512, 1024 });
//
// Invariant: as of Store.Arrays.cs; offset and shape have as many dimensions, none is negative.
// Not here: whether a box lies in the array, which the library checks.

using System;

namespace DataStorage
{
    public sealed unsafe partial class Store
    {
        /// <summary>Makes an array without elements; they are the fill value until they are written.</summary>
        /// <param name="key">Components joined by '/'.</param>
        /// <param name="shape">The lengths; 0 for a dimension that is appended to.</param>
        /// <param name="options">"chunks", "fill_value", "codec", "profile", "dims", "attributes"; null for the defaults.</param>
        public void Create<T>(string key, long[] shape, string options = null) where T : struct =>
            Create(key, ElementTypes.Of<T>(), shape, options);

        /// <summary>As Create, of a type that is known as a number; <see cref="DType.String"/> for an array of strings.</summary>
        public void Create(string key, DType type, long[] shape, string options = null)
        {
            shape = Lengths(key, shape);
            Errors.Check(NativeMethods.ds_create(_handle, Utf8.Zero(key), (int)type, shape, Shapes.Size(shape.Length), Utf8.Zero(options)));
        }

        /// <summary>Writes the box that begins at offset.</summary>
        /// <param name="key">Components joined by '/'.</param>
        /// <param name="offset">Where the box begins, one index a dimension.</param>
        /// <param name="data">Its elements, row-major.</param>
        /// <param name="shape">Its lengths; none for one dimension.</param>
        public void SaveRegion<T>(string key, long[] offset, ReadOnlySpan<T> data, params long[] shape) where T : struct
        {
            long[] lengths = Shapes.Of(key, shape, data.Length);
            fixed (byte* elements = &Pin(Checked(data)))
            {
                SaveRegion(key, ElementTypes.Of<T>(), offset, elements, lengths);
            }
        }

        /// <summary>Writes the box that begins at offset.</summary>
        public void SaveRegion<T>(string key, long[] offset, T[] data, params long[] shape) where T : struct =>
            SaveRegion(key, offset, Given(key, data), shape);

        /// <summary>The elements of the box of a shape that begins at offset, row-major.</summary>
        public T[] LoadRegion<T>(string key, long[] offset, long[] shape) where T : struct
        {
            T[] data = Shapes.Allocate<T>(key, Shapes.Count(key, Lengths(key, shape)));
            LoadRegionInto(key, offset, shape, new Span<T>(data));
            return data;
        }

        /// <summary>Loads a box into memory of the caller and gives the number of elements; too little memory is an error.</summary>
        public int LoadRegionInto<T>(string key, long[] offset, long[] shape, Span<T> data) where T : struct
        {
            fixed (byte* elements = &Pin(Checked((ReadOnlySpan<T>)data)))
            {
                return LoadRegion(key, ElementTypes.Of<T>(), offset, shape, elements, data.Length);
            }
        }

        /// <summary>Gives an array another shape of as many dimensions: what is cut is gone, what is new is the fill value.</summary>
        public void Resize(string key, params long[] shape)
        {
            shape = Lengths(key, shape);
            Errors.Check(NativeMethods.ds_resize(_handle, Utf8.Zero(key), shape, Shapes.Size(shape.Length)));
        }

        /// <summary>Lengthens the dimension axis; the other lengths of the shape are the array's. No shape is one dimension.</summary>
        public void Append<T>(string key, ReadOnlySpan<T> data, long[] shape = null, int axis = 0) where T : struct
        {
            long[] lengths = Shapes.Of(key, shape, data.Length);
            fixed (byte* elements = &Pin(Checked(data)))
            {
                Append(key, ElementTypes.Of<T>(), elements, lengths, axis);
            }
        }

        /// <summary>Lengthens the dimension axis; the other lengths of the shape are the array's. No shape is one dimension.</summary>
        public void Append<T>(string key, T[] data, long[] shape = null, int axis = 0) where T : struct =>
            Append(key, Given(key, data), shape, axis);

        // ---- strings

        /// <summary>Writes a box of an array of strings.</summary>
        public void SaveStringsRegion(string key, long[] offset, string[] strings, params long[] shape)
        {
            byte[] name = Utf8.Zero(key);
            using (var texts = new Texts(key, strings))
            {
                long[] lengths = Shapes.Of(key, shape, strings.Length);
                Shapes.CheckOffset(key, offset, lengths);
                Errors.Check(NativeMethods.ds_save_strings_region(_handle, name, texts.Pointers, texts.Lengths, offset, lengths,
                    Shapes.Size(lengths.Length)));
            }
        }

        /// <summary>The strings of the box of a shape that begins at offset, row-major.</summary>
        public string[] LoadStringsRegion(string key, long[] offset, long[] shape)
        {
            Shapes.CheckOffset(key, offset, shape);
            Shapes.Count(key, shape);
            BufferHandle text, offsets;
            Errors.Check(NativeMethods.ds_load_strings_region(_handle, Utf8.Zero(key), offset, shape, Shapes.Size(shape.Length), out text,
                out offsets));
            using (text)
            using (offsets)
            {
                return Texts.Read(key, text, offsets);
            }
        }

        /// <summary>Lengthens the dimension axis of an array of strings. No shape is one dimension.</summary>
        public void AppendStrings(string key, string[] strings, long[] shape = null, int axis = 0)
        {
            byte[] name = Utf8.Zero(key);
            using (var texts = new Texts(key, strings))
            {
                long[] lengths = Shapes.Of(key, shape, strings.Length);
                Errors.Check(NativeMethods.ds_append_strings(_handle, name, texts.Pointers, texts.Lengths, lengths,
                    Shapes.Size(lengths.Length), Axis(key, axis)));
            }
        }

        // ---- shared with Store.MultiDim.cs

        private void SaveRegion(string key, DType type, long[] offset, void* elements, long[] shape)
        {
            Shapes.CheckOffset(key, offset, shape);
            Errors.Check(NativeMethods.ds_save_region(_handle, Utf8.Zero(key), (int)type, elements, offset, shape, Shapes.Size(shape.Length), null));
        }

        private int LoadRegion(string key, DType type, long[] offset, long[] shape, void* elements, int capacity)
        {
            Shapes.CheckOffset(key, offset, shape);
            Shapes.Count(key, shape);
            UIntPtr bytes;
            int size = ElementTypes.SizeOf(type);
            Errors.Check(NativeMethods.ds_load_region(_handle, Utf8.Zero(key), (int)type, offset, shape, Shapes.Size(shape.Length), elements,
                Shapes.Size((long)capacity * size), out bytes));
            return checked((int)(bytes.ToUInt64() / (ulong)size));
        }

        private void Append(string key, DType type, void* elements, long[] shape, int axis) =>
            Errors.Check(NativeMethods.ds_append(_handle, Utf8.Zero(key), (int)type, elements, shape, Shapes.Size(shape.Length), null,
                Axis(key, axis)));

        /// <summary>The data itself, once its type is known to be an element type.</summary>
        private static ReadOnlySpan<T> Checked<T>(ReadOnlySpan<T> data) where T : struct
        {
            ElementTypes.Of<T>();
            return data;
        }

        private static long[] Lengths(string key, long[] shape)
        {
            Shapes.Count(key, shape ?? throw Errors.Create(Status.InvalidArgument, key + ": shape is null"));
            return shape;
        }

        private static UIntPtr Axis(string key, int axis) =>
            axis >= 0 ? Shapes.Size(axis) : throw Errors.Create(Status.InvalidArgument, key + ": axis " + axis + " is negative");
    }
}
