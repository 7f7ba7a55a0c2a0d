// The options of a store, a new array, a copy or the process, as a JSON object that is written member by member.
//
//     Store.OpenZarr("part.zarr", new Options { ["mode"] = "w", ["profile"] = "compact" })
//
// Invariant: members are kept in their order; the library checks names and values, an unknown one is an error that
// names it. Not here: which options there are (Options.Store.cs for those of a store, docs/options.md for all).

using System.Collections;
using System.Collections.Generic;

namespace DataStorage
{
    /// <summary>Options as members of a JSON object; a JSON text may be given wherever these are taken.</summary>
    public sealed partial class Options : IEnumerable<KeyValuePair<string, object>>
    {
        private readonly List<KeyValuePair<string, object>> _members = new List<KeyValuePair<string, object>>();

        /// <summary>
        /// The value of a member: null, a bool, number, text, list (any enumerable) or further Options. Setting replaces.
        /// </summary>
        /// <exception cref="KeyNotFoundException">The member is read and was not set.</exception>
        public object this[string name]
        {
            get
            {
                int at = Find(name);
                return at >= 0 ? _members[at].Value : throw Errors.Create(Status.NotFound, name + ": not set");
            }
            set
            {
                int at = Find(name);
                var member = new KeyValuePair<string, object>(name, value);
                if (at >= 0)
                {
                    _members[at] = member;
                }
                else
                {
                    _members.Add(member);
                }
            }
        }

        /// <summary>The JSON text.</summary>
        public override string ToString() => JsonWriter.Write(this);

        /// <summary>The JSON text; null stays null.</summary>
        public static implicit operator string(Options options) => options?.ToString();

        /// <summary>The members in their order.</summary>
        public IEnumerator<KeyValuePair<string, object>> GetEnumerator() => _members.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        private int Find(string name) => _members.FindIndex(member => member.Key == name);
    }
}
