// Two element types that .NET Standard 2.0 has not: half precision and the complex number of two floats.
//
// Invariant: the memory of a value is what the store keeps, so arrays of them go in and out as they are.
// Not here: arithmetic. A Float16 is converted to a float and back; Complex64 converts to System.Numerics.Complex.

using System;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;

namespace DataStorage
{
    /// <summary>IEEE 754 half precision as its 16 bits; on .NET 5 and later System.Half is stored the same way.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public readonly struct Float16 : IEquatable<Float16>
    {
        /// <summary>The bits: sign, 5 of exponent, 10 of fraction.</summary>
        public readonly ushort Bits;

        /// <summary>A value of these bits.</summary>
        public Float16(ushort bits)
        {
            Bits = bits;
        }

        /// <summary>The nearest half; ties go to even, what is too large becomes infinity.</summary>
        public static unsafe explicit operator Float16(float value)
        {
            uint bits = *(uint*)&value;
            uint sign = (bits >> 16) & 0x8000;
            uint magnitude = bits & 0x7FFFFFFF;
            if (magnitude > 0x7F800000)
            {
                return new Float16((ushort)(sign | 0x7E00)); // not-a-number
            }
            if (magnitude >= 0x47800000)
            {
                return new Float16((ushort)(sign | 0x7C00)); // 65536 and more
            }
            // Below 2^-14 the half has no leading one: shift the fraction, leading one included, to its place.
            int exponent = (int)(magnitude >> 23) - 127;
            uint fraction = exponent < -14 ? (magnitude & 0x7FFFFF) | 0x800000 : magnitude - (112u << 23);
            int drop = exponent < -14 ? -1 - exponent : 13;
            if (drop > 24)
            {
                return new Float16((ushort)sign);
            }
            uint kept = fraction >> drop;
            uint rest = fraction & ((1u << drop) - 1);
            uint half = 1u << (drop - 1);
            if (rest > half || (rest == half && (kept & 1) == 1))
            {
                kept++; // a carry into the exponent is the right value, infinity included
            }
            return new Float16((ushort)(sign | kept));
        }

        /// <summary>The same value as a float; exact.</summary>
        public static unsafe explicit operator float(Float16 value)
        {
            uint sign = (uint)(value.Bits & 0x8000) << 16;
            uint magnitude = (uint)(value.Bits & 0x7FFF);
            if (magnitude >= 0x7C00)
            {
                uint special = sign | 0x7F800000 | ((magnitude & 0x3FF) << 13);
                return *(float*)&special;
            }
            if (magnitude < 0x400)
            {
                float small = magnitude / 16777216f; // steps of 2^-24
                return sign == 0 ? small : -small;
            }
            uint bits = sign | ((magnitude << 13) + (112u << 23));
            return *(float*)&bits;
        }

        /// <summary>Whether the bits are the same.</summary>
        public bool Equals(Float16 other) => Bits == other.Bits;

        /// <summary>Whether the bits are the same.</summary>
        public override bool Equals(object other) => other is Float16 && Equals((Float16)other);

        /// <summary>A hash of the bits.</summary>
        public override int GetHashCode() => Bits;

        /// <summary>The value as a decimal number.</summary>
        public override string ToString() => ((float)this).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>A complex number of two floats: complex64.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public readonly struct Complex64 : IEquatable<Complex64>
    {
        /// <summary>The real part.</summary>
        public readonly float Real;
        /// <summary>The imaginary part.</summary>
        public readonly float Imaginary;

        /// <summary>A number of two parts.</summary>
        public Complex64(float real, float imaginary)
        {
            Real = real;
            Imaginary = imaginary;
        }

        /// <summary>The same number in double precision.</summary>
        public static implicit operator Complex(Complex64 value) => new Complex(value.Real, value.Imaginary);

        /// <summary>The nearest number in single precision.</summary>
        public static explicit operator Complex64(Complex value) => new Complex64((float)value.Real, (float)value.Imaginary);

        /// <summary>Whether both parts are equal.</summary>
        public bool Equals(Complex64 other) => Real.Equals(other.Real) && Imaginary.Equals(other.Imaginary);

        /// <summary>Whether both parts are equal.</summary>
        public override bool Equals(object other) => other is Complex64 && Equals((Complex64)other);

        /// <summary>A hash of both parts.</summary>
        public override int GetHashCode() => Real.GetHashCode() * 31 + Imaginary.GetHashCode();

        /// <summary>Both parts.</summary>
        public override string ToString() => string.Format(CultureInfo.InvariantCulture, "({0}, {1})", Real, Imaginary);
    }
}
