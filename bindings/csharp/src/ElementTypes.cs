// The table of element types: which .NET type is which type of the store, and how many bytes it has.
//
// Invariant: an array reaches the library only with a type of this table, and its size here is its size in memory; the
// test "arrays" compares each. A type that is not in the table is an exception that lists those that are.
// Not here: strings, which are no memory that could be handed over (Texts.cs).

using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;

namespace DataStorage
{
    /// <summary>Which .NET types an array may be made of.</summary>
    public static class ElementTypes
    {
        private static readonly Dictionary<Type, DType> Table = new Dictionary<Type, DType>
        {
            { typeof(bool), DType.Bool },
            { typeof(sbyte), DType.I8 },
            { typeof(short), DType.I16 },
            { typeof(int), DType.I32 },
            { typeof(long), DType.I64 },
            { typeof(byte), DType.U8 },
            { typeof(ushort), DType.U16 },
            { typeof(uint), DType.U32 },
            { typeof(ulong), DType.U64 },
            { typeof(Float16), DType.F16 },
#if NET5_0_OR_GREATER
            { typeof(Half), DType.F16 },
#endif
            { typeof(float), DType.F32 },
            { typeof(double), DType.F64 },
            { typeof(Complex64), DType.C64 },
            { typeof(Complex), DType.C128 }
        };

        /// <summary>The type of the store for a .NET type; <see cref="DType.None"/> when there is none.</summary>
        public static DType Find(Type type)
        {
            DType found;
            return type != null && Table.TryGetValue(type, out found) ? found : DType.None;
        }

        /// <summary>The type of the store for T.</summary>
        /// <exception cref="StoreArgumentException">T is no element type.</exception>
        public static DType Of<T>() where T : struct => Element<T>.Type != DType.None ? Element<T>.Type : throw Refused(typeof(T));

        /// <summary>The .NET types of the table.</summary>
        public static IReadOnlyCollection<Type> All => Table.Keys;

        /// <summary>The bytes of one element; 0 for strings and None.</summary>
        public static int SizeOf(DType type)
        {
            switch (type)
            {
                case DType.Bool:
                case DType.I8:
                case DType.U8:
                    return 1;
                case DType.I16:
                case DType.U16:
                case DType.F16:
                    return 2;
                case DType.I32:
                case DType.U32:
                case DType.F32:
                    return 4;
                case DType.I64:
                case DType.U64:
                case DType.F64:
                case DType.C64:
                    return 8;
                case DType.C128:
                    return 16;
                default:
                    return 0;
            }
        }

        /// <summary>The name of a type as schemas and NumPy write it: "float32", "int64", "str".</summary>
        public static string NameOf(DType type)
        {
            switch (type)
            {
                case DType.Bool: return "bool";
                case DType.I8: return "int8";
                case DType.I16: return "int16";
                case DType.I32: return "int32";
                case DType.I64: return "int64";
                case DType.U8: return "uint8";
                case DType.U16: return "uint16";
                case DType.U32: return "uint32";
                case DType.U64: return "uint64";
                case DType.F16: return "float16";
                case DType.F32: return "float32";
                case DType.F64: return "float64";
                case DType.C64: return "complex64";
                case DType.C128: return "complex128";
                case DType.String: return "str";
                default: throw Errors.Create(Status.InvalidArgument, "dtype: " + type + " has no name");
            }
        }

        internal static bool IsInteger(Type type)
        {
            DType found = Find(type);
            return found >= DType.I8 && found <= DType.U64;
        }

        private static Exception Refused(Type type) => Errors.Create(Status.InvalidArgument,
            type.Name + " is no element type; known are " + string.Join(", ", Table.Keys.Select(known => known.Name)));
    }

    /// <summary>What the table says of T, looked up once.</summary>
    internal static class Element<T> where T : struct
    {
        internal static readonly DType Type = ElementTypes.Find(typeof(T));
        internal static readonly int Size = ElementTypes.SizeOf(Type);
    }
}
