// Text between .NET (UTF-16) and the library (UTF-8), by hand: .NET Standard 2.0 marshals no UTF-8.
//
// Invariant: what goes in is valid UTF-8 or an exception; a text that would be cut at a NUL is refused. What comes out
// is valid UTF-8 already, for the library checks it.
// Not here: arrays of strings (Texts.cs).

using System;
using System.Text;

namespace DataStorage
{
    internal static unsafe class Utf8
    {
        private static readonly UTF8Encoding Strict = new UTF8Encoding(false, true);

        /// <summary>The bytes of a payload, which may hold NUL; null stays null.</summary>
        internal static byte[] Bytes(string text)
        {
            if (text == null)
            {
                return null;
            }
            try
            {
                return Strict.GetBytes(text);
            }
            catch (EncoderFallbackException e)
            {
                throw Errors.Create(Status.Utf8, "text has half a surrogate pair at character " + e.Index + " of " + text.Length);
            }
        }

        /// <summary>A key, path, name or options text with a NUL after it; null stays null, for the library to judge.</summary>
        internal static byte[] Zero(string text)
        {
            if (text == null)
            {
                return null;
            }
            int at = text.IndexOf('\0');
            if (at >= 0)
            {
                throw Errors.Create(Status.InvalidArgument,
                    text.Substring(0, at) + ": text has a NUL at character " + at + " of " + text.Length);
            }
            byte[] bytes = Bytes(text);
            Array.Resize(ref bytes, bytes.Length + 1);
            return bytes;
        }

        /// <summary>The text of a NUL-terminated C string.</summary>
        internal static string Text(IntPtr zero)
        {
            byte* begin = (byte*)zero;
            if (begin == null)
            {
                return "";
            }
            byte* end = begin;
            while (*end != 0)
            {
                end++;
            }
            return Text(begin, end - begin);
        }

        internal static string Text(byte* data, long size)
        {
            if (size > int.MaxValue)
            {
                throw Errors.Create(Status.Unsupported, "text has " + size + " bytes, a .NET string is made of at most " + int.MaxValue);
            }
            return size == 0 ? "" : Strict.GetString(data, (int)size);
        }
    }
}
