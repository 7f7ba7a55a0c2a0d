// Just enough JSON to read what the library gives: metadata values, names of dimensions, the report of verify, the index
// of everything below a key.
//
// Invariant: objects are Dictionary, lists List, numbers long, ulong or double, texts string, then bool and null. A text
// that is no JSON is a StoreArgumentException with Status.Json.
// Not here: a JSON library for programs; they take the texts into their own.

using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace DataStorage
{
    internal sealed class JsonReader
    {
        private const int MaxDepth = 512;

        private readonly string _text;
        private readonly string _kept;
        private int _at;
        private int _depth;

        private JsonReader(string text, string kept)
        {
            _text = text;
            _kept = kept;
        }

        /// <summary>The value of a text; members named kept, of objects in an object, stay the texts that they are.</summary>
        internal static object Read(string text, string kept = null)
        {
            var reader = new JsonReader(text, kept);
            object value = reader.Value();
            reader.Space();
            return reader._at == text.Length ? value : throw reader.Wrong();
        }

        private object Value()
        {
            Space();
            switch (Peek())
            {
                case '{':
                    return Nested(Object);
                case '[':
                    return Nested(List);
                case '"':
                    return Text();
                case 't':
                    return Word("true", true);
                case 'f':
                    return Word("false", false);
                case 'n':
                    return Word("null", null);
                default:
                    return Number();
            }
        }

        private object Nested(System.Func<object> read)
        {
            if (++_depth > MaxDepth)
            {
                throw Wrong();
            }
            object value = read();
            _depth--;
            return value;
        }

        private object Object()
        {
            var members = new Dictionary<string, object>();
            for (_at++; !Closes('}', members.Count); )
            {
                string name = Text();
                Space();
                Expect(':');
                members[name] = _depth == 2 && name == _kept ? Kept() : Value();
            }
            return members;
        }

        private string Kept()
        {
            Space();
            int begin = _at;
            Value();
            return _text.Substring(begin, _at - begin);
        }

        private object List()
        {
            var items = new List<object>();
            for (_at++; !Closes(']', items.Count); )
            {
                items.Add(Value());
            }
            return items;
        }

        /// <summary>True at the end of an object or list; else stands at the next item, behind its comma.</summary>
        private bool Closes(char end, int items)
        {
            Space();
            if (Peek() == end)
            {
                _at++;
                return true;
            }
            if (items > 0)
            {
                Expect(',');
                Space();
            }
            return false;
        }

        private string Text()
        {
            Expect('"');
            var text = new StringBuilder();
            while (Peek() != '"')
            {
                char c = _text[_at++];
                text.Append(c == '\\' ? Escape() : c);
            }
            _at++;
            return text.ToString();
        }

        private char Escape()
        {
            char c = Peek();
            _at++;
            switch (c)
            {
                case 'b': return '\b';
                case 'f': return '\f';
                case 'n': return '\n';
                case 'r': return '\r';
                case 't': return '\t';
                case 'u':
                    ushort code;
                    if (_at + 4 > _text.Length ||
                        !ushort.TryParse(_text.Substring(_at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out code))
                    {
                        throw Wrong();
                    }
                    _at += 4;
                    return (char)code; // surrogates come as pairs of escapes, which is what a .NET string holds
                default:
                    return c;
            }
        }

        private object Number()
        {
            int begin = _at;
            while (_at < _text.Length && "+-.0123456789eE".IndexOf(_text[_at]) >= 0)
            {
                _at++;
            }
            string text = _text.Substring(begin, _at - begin);
            long integer;
            if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out integer))
            {
                return integer;
            }
            ulong large;
            if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out large))
            {
                return large;
            }
            double real;
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out real))
            {
                return real;
            }
            throw Wrong();
        }

        private object Word(string word, object value)
        {
            if (string.CompareOrdinal(_text, _at, word, 0, word.Length) != 0)
            {
                throw Wrong();
            }
            _at += word.Length;
            return value;
        }

        private void Space()
        {
            while (_at < _text.Length && (_text[_at] == ' ' || _text[_at] == '\n' || _text[_at] == '\r' || _text[_at] == '\t'))
            {
                _at++;
            }
        }

        private char Peek() => _at < _text.Length ? _text[_at] : throw Wrong();

        private void Expect(char c)
        {
            if (Peek() != c)
            {
                throw Wrong();
            }
            _at++;
        }

        private System.Exception Wrong() =>
            Errors.Create(Status.Json, "JSON: unexpected " + (_at < _text.Length ? "'" + _text[_at] + "'" : "end") + " at character " + _at);
    }
}
