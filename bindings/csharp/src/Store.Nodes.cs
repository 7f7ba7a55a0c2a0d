// The tree of a store: groups, listings, shapes, names of dimensions, attributes.
//
// Invariant: lists are as the store was when they were made; they hold nothing of it.
// Not here: elements (Store.Arrays.cs), the metadata document (Store.Metadata.cs).

using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;

namespace DataStorage
{
    public sealed unsafe partial class Store
    {
        /// <summary>What a node is, without reading its elements; "" is the root group.</summary>
        public NodeInfo Stat(string key)
        {
            var raw = new ds_info { struct_size = new UIntPtr((uint)sizeof(ds_info)) };
            Errors.Check(NativeMethods.ds_stat(_handle, Utf8.Zero(key), ref raw));
            return new NodeInfo(raw);
        }

        /// <summary>The lengths of the dimensions of an array; empty for a scalar.</summary>
        public long[] Shape(string key) => ShapeOf(Utf8.Zero(key));

        /// <summary>Whether there is a node under a key.</summary>
        public bool Exists(string key)
        {
            int there;
            Errors.Check(NativeMethods.ds_exists(_handle, Utf8.Zero(key), out there));
            return there != 0;
        }

        /// <summary>Removes a node and all below it.</summary>
        public void Delete(string key) => Errors.Check(NativeMethods.ds_delete(_handle, Utf8.Zero(key)));

        /// <summary>Moves a node and all below it.</summary>
        public void Rename(string from, string to) => Errors.Check(NativeMethods.ds_rename(_handle, Utf8.Zero(from), Utf8.Zero(to)));

        /// <summary>Makes an empty group, and those on the way; does nothing when there is one.</summary>
        public void CreateGroup(string key) => Errors.Check(NativeMethods.ds_create_group(_handle, Utf8.Zero(key)));

        /// <summary>The nodes in a group, "" for the root, sorted, with full keys; with recursive all below it.</summary>
        public IReadOnlyList<NodeEntry> List(string prefix = "", bool recursive = false)
        {
            IterHandle iter;
            Errors.Check(NativeMethods.ds_list(_handle, Utf8.Zero(prefix), recursive ? 1 : 0, out iter));
            return Walk(iter);
        }

        /// <summary>The top-level keys, sorted.</summary>
        public IReadOnlyList<string> Keys() => List().Select(entry => entry.Key).ToArray();

        /// <summary>The names of the dimensions of an array.</summary>
        public string[] GetDimensions(string key)
        {
            BufferHandle names;
            Errors.Check(NativeMethods.ds_get_dimensions(_handle, Utf8.Zero(key), out names));
            return ((List<object>)JsonReader.Read(Take(names))).Cast<string>().ToArray();
        }

        /// <summary>Names the dimensions of an array, as many as it has.</summary>
        public void SetDimensions(string key, params string[] names)
        {
            foreach (string name in names ?? new string[0])
            {
                Utf8.Zero(name); // a name that would be cut at a NUL
            }
            using (var texts = new Texts(key, names))
            {
                Errors.Check(NativeMethods.ds_set_dimensions(_handle, Utf8.Zero(key), texts.Pointers, Shapes.Size(names.Length)));
            }
        }

        /// <summary>The attributes of a node as a JSON object; "" is the root group.</summary>
        public string GetAttributes(string key)
        {
            BufferHandle json;
            Errors.Check(NativeMethods.ds_get_attributes(_handle, Utf8.Zero(key), out json));
            return Take(json);
        }

        /// <summary>Replaces the attributes of a node by a JSON object, or by <see cref="Options"/>; "" is the root group.</summary>
        public void SetAttributes(string key, string json)
        {
            byte[] text = Payload(key, json);
            Errors.Check(NativeMethods.ds_set_attributes(_handle, Utf8.Zero(key), text, Length(text)));
        }

        /// <summary>
        /// Copies everything into another store of any format and gives the number of arrays and other leaves.
        /// </summary>
        /// <param name="destination">The store that is written.</param>
        /// <param name="options">"keys", "profile", "codec", "chunk_elements"; null to copy everything as it is.</param>
        /// <param name="progress">Told after each leaf.</param>
        /// <param name="cancellation">Ends the call; what was copied before stays.</param>
        public long CopyTo(Store destination, string options = null, IProgress<StoreProgress> progress = null,
            CancellationToken cancellation = default(CancellationToken))
        {
            if (destination == null)
            {
                throw Errors.Create(Status.InvalidArgument, "destination is null");
            }
            byte[] text = Utf8.Zero(options);
            using (var call = new LongCall(_handle, progress, cancellation))
            {
                ulong copied;
                call.Check(NativeMethods.ds_copy(_handle, destination._handle, text, out copied));
                return checked((long)copied);
            }
        }

        internal static IReadOnlyList<string> Names(IterHandle iter) => Walk(iter).Select(entry => entry.Key).ToArray();

        private static IReadOnlyList<NodeEntry> Walk(IterHandle iter)
        {
            var entries = new List<NodeEntry>();
            using (iter)
            {
                IntPtr key;
                int kind;
                int status;
                while ((status = NativeMethods.ds_iter_next(iter, out key, out kind)) == NativeMethods.Ok)
                {
                    entries.Add(new NodeEntry(Utf8.Text(key), (NodeKind)kind));
                }
                if (status != NativeMethods.Done)
                {
                    throw Errors.Last(status);
                }
            }
            return entries;
        }
    }
}
