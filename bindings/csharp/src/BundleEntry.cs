// One array, string or JSON node of a Bundle.
//
// Invariant: each load gives the value that was stored, in memory of its own, or throws; T must be the stored type. The
// buffer of the bundle is kept while it is read.
// Not here: the buffer's end (Bundle.cs).

using System;
using System.Collections.Generic;
using System.Linq;

namespace DataStorage
{
    /// <summary>What was under one key when it was loaded.</summary>
    public sealed unsafe class BundleEntry
    {
        /// <summary>The member of the index that stays a text.</summary>
        internal const string JsonMember = "value";

        private readonly BufferHandle _data;
        private readonly long[] _shape;
        private readonly long _offset;
        private readonly long _bytes;
        private readonly string[] _strings;
        private readonly string _json;

        internal BundleEntry(string key, Dictionary<string, object> members, BufferHandle data)
        {
            Key = key;
            _data = data;
            _shape = new long[0];
            var kind = (string)members["kind"];
            if (kind == "json")
            {
                Kind = NodeKind.Json;
                _json = (string)members[JsonMember];
                return;
            }
            Kind = kind == "bytes" ? NodeKind.Bytes : NodeKind.Array;
            DType = TypeOf((string)members["dtype"]);
            _shape = ((List<object>)members["shape"]).Select(length => (long)length).ToArray();
            Elements = Shapes.Count(key, _shape);
            if (DType == DType.String)
            {
                _strings = ((List<object>)members["strings"]).Cast<string>().ToArray();
            }
            else
            {
                _offset = (long)members["offset"];
                _bytes = (long)members["bytes"];
            }
        }

        /// <summary>The full key, components joined by '/'.</summary>
        public string Key { get; }

        /// <summary>An array, bytes or JSON.</summary>
        public NodeKind Kind { get; }

        /// <summary>The type of the elements; None for JSON.</summary>
        public DType DType { get; }

        /// <summary>The lengths of the dimensions; none for a scalar, a single string and JSON.</summary>
        public long[] Shape => (long[])_shape.Clone();

        /// <summary>The number of elements; 0 for JSON.</summary>
        public long Elements { get; }

        /// <summary>The elements of an array, row-major.</summary>
        public T[] Load<T>() where T : struct
        {
            string wanted = ElementTypes.NameOf(ElementTypes.Of<T>());
            CheckElements(wanted);
            if (ElementTypes.Of<T>() != DType)
            {
                throw Mismatch(wanted);
            }
            return Copy<T>(Elements);
        }

        /// <summary>A single element: a scalar, or the one element of an array of any shape.</summary>
        public T LoadScalar<T>() where T : struct
        {
            CheckSingle();
            return Load<T>()[0];
        }

        /// <summary>The strings of an array, row-major.</summary>
        public string[] LoadStrings()
        {
            CheckArray();
            return (string[])(_strings ?? throw Mismatch("string")).Clone();
        }

        /// <summary>One string.</summary>
        public string LoadString()
        {
            CheckSingle();
            return LoadStrings()[0];
        }

        /// <summary>The bytes of a bytes node, or the elements of any array but one of strings.</summary>
        public byte[] LoadBytes()
        {
            CheckElements("bytes");
            return Copy<byte>(_bytes);
        }

        /// <summary>The value of a JSON node as a JSON text; arrays are none here.</summary>
        public string LoadJson() => _json ?? throw Errors.Create(Status.WrongKind, Key + ": wanted a JSON node, found " +
            (Kind == NodeKind.Bytes ? "bytes" : "an array"));

        /// <summary>The key, and what it is.</summary>
        public override string ToString() => Key + " (" + (Kind == NodeKind.Json ? "Json" : DType + " " + Shapes.Text(_shape)) + ")";

        private T[] Copy<T>(long count) where T : struct
        {
            T[] copy = Shapes.Allocate<T>(Key, count);
            using (new Held(_data, Key + ": what it was loaded with"))
            {
                if (copy.Length > 0)
                {
                    new ReadOnlySpan<T>(_data.Data + _offset, copy.Length).CopyTo(copy);
                }
            }
            return copy;
        }

        private void CheckArray()
        {
            if (_json != null)
            {
                throw Errors.Create(Status.WrongKind, Key + ": wanted an array, found a JSON node");
            }
        }

        private void CheckElements(string wanted)
        {
            CheckArray();
            if (_strings != null)
            {
                throw Mismatch(wanted);
            }
        }

        private void CheckSingle()
        {
            CheckArray();
            if (Elements != 1)
            {
                throw Errors.Create(Status.ShapeMismatch, Key + ": wanted 1 element, array has " + Elements);
            }
        }

        private Exception Mismatch(string wanted) => Errors.Create(Status.DtypeMismatch,
            Key + ": data is " + (_strings != null ? "string" : ElementTypes.NameOf(DType)) + ", asked for " + wanted);

        /// <summary>The type that the index names: as NumPy does, but for strings.</summary>
        private static DType TypeOf(string name)
        {
            for (DType type = DType.Bool; type < DType.String; type++)
            {
                if (ElementTypes.NameOf(type) == name)
                {
                    return type;
                }
            }
            return name == "string" ? DType.String : throw Errors.Create(Status.Unsupported, "dtype '" + name + "' is not known here");
        }
    }
}
