// The metadata document: values as JSON texts, and as bool, numbers and strings.
//
// Invariant: '/' in a key nests. A typed load gives the value that was saved or throws: nothing is rounded or wrapped.
// Not here: objects and lists as .NET values; take the text into the JSON library of the program.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace DataStorage
{
    public sealed unsafe partial class Store
    {
        /// <summary>Saves true or false.</summary>
        public void SaveMetadata(string key, bool value) =>
            Errors.Check(NativeMethods.ds_save_metadata_bool(_handle, Utf8.Zero(key), value ? 1 : 0));

        /// <summary>Saves an integer.</summary>
        public void SaveMetadata(string key, long value) => Errors.Check(NativeMethods.ds_save_metadata_i64(_handle, Utf8.Zero(key), value));

        /// <summary>Saves an integer.</summary>
        public void SaveMetadata(string key, ulong value) => SaveMetadataJson(key, JsonWriter.Write(value));

        /// <summary>Saves a finite number.</summary>
        public void SaveMetadata(string key, double value) => Errors.Check(NativeMethods.ds_save_metadata_f64(_handle, Utf8.Zero(key), value));

        /// <summary>Saves a text.</summary>
        public void SaveMetadata(string key, string value)
        {
            byte[] text = Payload(key, value);
            Errors.Check(NativeMethods.ds_save_metadata_str(_handle, Utf8.Zero(key), text, Length(text)));
        }

        /// <summary>Saves a JSON value; an object merges into what is there.</summary>
        public void SaveMetadataJson(string key, string json)
        {
            byte[] text = Payload(key, json);
            Errors.Check(NativeMethods.ds_save_metadata(_handle, Utf8.Zero(key), text, Length(text)));
        }

        /// <summary>A value, a section, or for "" the whole document, as a JSON text.</summary>
        public string LoadMetadataJson(string key = "")
        {
            BufferHandle json;
            Errors.Check(NativeMethods.ds_load_metadata(_handle, Utf8.Zero(key), out json));
            return Take(json);
        }

        /// <summary>One value as bool, an integer type, float, double or string.</summary>
        /// <exception cref="DataStorageException">With Status.WrongKind when it is no T, or a number that T cannot hold.</exception>
        public T LoadMetadata<T>(string key)
        {
            string json = LoadMetadataJson(key);
            object value = JsonReader.Read(json);
            object wanted = value is bool || value is string ? value : Number(value, typeof(T));
            if (wanted is T)
            {
                return (T)wanted;
            }
            string found = json.Length > 80 ? json.Substring(0, 80) : json;
            throw Errors.Create(Status.WrongKind, key + ": wanted " + typeof(T).Name + ", found " + found);
        }

        /// <summary>As LoadMetadata, but false for a key that is not there; every other failure throws.</summary>
        public bool TryLoadMetadata<T>(string key, out T value)
        {
            try
            {
                value = LoadMetadata<T>(key);
                return true;
            }
            catch (StoreKeyNotFoundException)
            {
                value = default(T);
                return false;
            }
        }

        /// <summary>Removes a value or a section.</summary>
        public void DeleteMetadata(string key) => Errors.Check(NativeMethods.ds_delete_metadata(_handle, Utf8.Zero(key)));

        /// <summary>The full keys of the values below a prefix, "" for all, sorted.</summary>
        public IReadOnlyList<string> MetadataKeys(string prefix = "")
        {
            IterHandle iter;
            Errors.Check(NativeMethods.ds_list_metadata(_handle, Utf8.Zero(prefix), out iter));
            return Walk(iter).Select(entry => entry.Key).ToArray();
        }

        /// <summary>Where a value belongs when stores are merged: None when no schema is set.</summary>
        public MetadataScope ScopeOfMetadata(string key)
        {
            int scope;
            Errors.Check(NativeMethods.ds_metadata_scope(_handle, Utf8.Zero(key), out scope));
            return (MetadataScope)scope;
        }

        /// <summary>A JSON number as a type that holds it exactly (a real type: nearest), else null.</summary>
        private static object Number(object value, Type type)
        {
            bool real = type == typeof(double) || type == typeof(float);
            if (!(value is long || value is ulong || (value is double && real)) || !(real || ElementTypes.IsInteger(type)))
            {
                return null;
            }
            try
            {
                object number = Convert.ChangeType(value, type, CultureInfo.InvariantCulture);
                return number is float && float.IsInfinity((float)number) ? null : number;
            }
            catch (OverflowException)
            {
                return null;
            }
        }
    }
}
