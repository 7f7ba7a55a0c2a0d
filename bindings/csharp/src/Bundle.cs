// Everything at and below a key, as Store.LoadAll gives it: a read-only dictionary by full key.
//
//     using (Bundle all = store.LoadAll("faces"))
//     {
//         float[] areas = all.Load<float>("faces/areas");
//     }
//
// Invariant: it is a copy that no later save changes and that outlives the store. Elements lie in one buffer of the
// library until they are asked for; each load gives an array of its own. Any number of threads may read it.
// Not here: groups, which are no entries; one entry (BundleEntry.cs).

using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;

namespace DataStorage
{
    /// <summary>What was loaded together, by full key in the order of keys; dispose it to give the memory back early.</summary>
    public sealed class Bundle : IReadOnlyDictionary<string, BundleEntry>, IDisposable
    {
        private readonly BufferHandle _data;
        private readonly List<BundleEntry> _entries;
        private readonly Dictionary<string, BundleEntry> _byKey;

        internal Bundle(string index, BufferHandle data)
        {
            _data = data;
            // The values of JSON nodes stay the texts that they are: .NET numbers would not keep all of them.
            var members = (Dictionary<string, object>)JsonReader.Read(index, BundleEntry.JsonMember);
            _entries = members.Select(one => new BundleEntry(one.Key, (Dictionary<string, object>)one.Value, data)).ToList();
            _entries.Sort((one, other) => string.CompareOrdinal(one.Key, other.Key));
            _byKey = _entries.ToDictionary(entry => entry.Key);
        }

        // ---- loading by key

        /// <summary>The elements of an array, row-major; T must be the stored type.</summary>
        public T[] Load<T>(string key) where T : struct => this[key].Load<T>();

        /// <summary>A single element: a scalar, or the one element of an array of any shape.</summary>
        public T LoadScalar<T>(string key) where T : struct => this[key].LoadScalar<T>();

        /// <summary>The strings of an array, row-major.</summary>
        public string[] LoadStrings(string key) => this[key].LoadStrings();

        /// <summary>One string.</summary>
        public string LoadString(string key) => this[key].LoadString();

        /// <summary>The bytes of a bytes node, or the elements of any array but one of strings.</summary>
        public byte[] LoadBytes(string key) => this[key].LoadBytes();

        /// <summary>The value of a JSON node as a JSON text.</summary>
        public string LoadJson(string key) => this[key].LoadJson();

        // ---- the dictionary

        /// <summary>What was under a full key.</summary>
        /// <exception cref="StoreKeyNotFoundException">Nothing was, or a group.</exception>
        public BundleEntry this[string key]
        {
            get
            {
                BundleEntry entry;
                return TryGetValue(key, out entry) ? entry : throw Errors.Create(Status.NotFound, key + ": is not among what was loaded");
            }
        }

        /// <summary>How many entries there are.</summary>
        public int Count => _entries.Count;

        /// <summary>The full keys, sorted.</summary>
        public IEnumerable<string> Keys => _entries.Select(entry => entry.Key);

        /// <summary>The entries in the order of keys.</summary>
        public IEnumerable<BundleEntry> Values => _entries.Select(entry => entry);

        /// <summary>Whether something was under a key.</summary>
        public bool ContainsKey(string key)
        {
            BundleEntry entry;
            return TryGetValue(key, out entry);
        }

        /// <summary>What was under a key; false when nothing was.</summary>
        public bool TryGetValue(string key, out BundleEntry value) =>
            _byKey.TryGetValue(key ?? throw Errors.Create(Status.InvalidArgument, "key: is null"), out value);

        /// <summary>The keys with their entries.</summary>
        public IEnumerator<KeyValuePair<string, BundleEntry>> GetEnumerator() =>
            _entries.Select(entry => new KeyValuePair<string, BundleEntry>(entry.Key, entry)).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        /// <summary>Gives the memory of the elements back; what was loaded from it stays. Without it, the finalizer does so.</summary>
        public void Dispose() => _data.Dispose();
    }
}
