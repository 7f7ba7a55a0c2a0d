// The schema of a store: setting it, asking it, checking data against it without saving.
//
// Invariant: the library checks every save against the schema; nothing here is needed for that.
// Not here: making a schema (SchemaBuilder.cs).

using System;

namespace DataStorage
{
    public sealed unsafe partial class Store
    {
        /// <summary>Sets the schema, a JSON dictionary or a <see cref="SchemaBuilder"/>; what is saved is checked against it.</summary>
        public void SetSchema(string json)
        {
            byte[] text = Payload("schema", json);
            Errors.Check(NativeMethods.ds_set_schema(_handle, text, Length(text)));
        }

        /// <summary>The schema as it was set, "{}" when there is none.</summary>
        public string GetSchema()
        {
            BufferHandle json;
            Errors.Check(NativeMethods.ds_get_schema(_handle, out json));
            return Take(json);
        }

        /// <summary>The name of the schema's group that an array is in; null when it is in none.</summary>
        public string GroupForArray(string name)
        {
            BufferHandle group;
            int status = NativeMethods.ds_group_for_array(_handle, Utf8.Zero(name), out group);
            if (status == (int)Status.NotFound)
            {
                return null;
            }
            Errors.Check(status);
            return Take(group);
        }

        /// <summary>Whether a save of this data would agree with the schema, with the reason when not; nothing is saved.</summary>
        public bool Validate<T>(string key, ReadOnlySpan<T> data, long[] shape, out string reason) where T : struct
        {
            var type = (int)ElementTypes.Of<T>();
            byte[] name = Utf8.Zero(key);
            long[] lengths = Shapes.Of(key, shape, data.Length);
            fixed (byte* elements = &Pin(data))
            {
                int status = NativeMethods.ds_validate(_handle, name, type, elements, lengths, Shapes.Size(lengths.Length), null);
                reason = status == (int)Status.Schema ? Errors.LastText() : null;
                if (reason == null)
                {
                    Errors.Check(status);
                }
                return reason == null;
            }
        }

        /// <summary>Whether a save of this data would agree with the schema, with the reason when not; nothing is saved.</summary>
        public bool Validate<T>(string key, T[] data, long[] shape, out string reason) where T : struct =>
            Validate(key, Given(key, data), shape, out reason);

        /// <summary>Whether a save of this data would agree with the schema; nothing is saved.</summary>
        public bool Validate<T>(string key, T[] data, params long[] shape) where T : struct
        {
            string reason;
            return Validate(key, Given(key, data), shape, out reason);
        }
    }
}
