// Strings and arrays of strings.
//
// Invariant: a .NET string goes in and comes out the same, NUL characters included; half a surrogate pair, which no
// UTF-8 has, is refused. Not here: parts of arrays of strings (Store.Regions.cs).

namespace DataStorage
{
    public sealed unsafe partial class Store
    {
        /// <summary>Saves one string.</summary>
        public void SaveString(string key, string text)
        {
            byte[] bytes = Payload(key, text);
            Errors.Check(NativeMethods.ds_save_string(_handle, Utf8.Zero(key), bytes, Length(bytes)));
        }

        /// <summary>Saves an array of strings; without a shape it has one dimension.</summary>
        public void SaveStrings(string key, string[] strings, params long[] shape)
        {
            byte[] name = Utf8.Zero(key);
            using (var texts = new Texts(key, strings))
            {
                long[] lengths = Shapes.Of(key, shape, strings.Length);
                Errors.Check(NativeMethods.ds_save_strings(_handle, name, texts.Pointers, texts.Lengths, lengths, Shapes.Size(lengths.Length)));
            }
        }

        /// <summary>One string.</summary>
        public string LoadString(string key)
        {
            BufferHandle text;
            Errors.Check(NativeMethods.ds_load_string(_handle, Utf8.Zero(key), out text));
            return Take(text);
        }

        /// <summary>The strings of an array, row-major.</summary>
        public string[] LoadStrings(string key)
        {
            BufferHandle text, offsets;
            Errors.Check(NativeMethods.ds_load_strings(_handle, Utf8.Zero(key), out text, out offsets));
            using (text)
            using (offsets)
            {
                return Texts.Read(key, text, offsets);
            }
        }
    }
}
