// JSON from .NET values: options, schemas, unsigned metadata.
//
// Invariant: the order of members is the order in which they are given; numbers are written for any culture.
// Not here: numbers that JSON has not. Not-a-number and the infinities are refused; options name them by text.

using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace DataStorage
{
    internal static class JsonWriter
    {
        internal static string Write(object value)
        {
            var text = new StringBuilder();
            Append(text, value);
            return text.ToString();
        }

        private static void Append(StringBuilder text, object value)
        {
            if (value == null)
            {
                text.Append("null");
            }
            else if (value is bool)
            {
                text.Append((bool)value ? "true" : "false");
            }
            else if (value is string)
            {
                Quote(text, (string)value);
            }
            else if (value is float)
            {
                Real(text, (float)value, ((float)value).ToString("R", CultureInfo.InvariantCulture));
            }
            else if (value is double)
            {
                Real(text, (double)value, ((double)value).ToString("R", CultureInfo.InvariantCulture));
            }
            else if (ElementTypes.IsInteger(value.GetType()))
            {
                text.Append(((IFormattable)value).ToString(null, CultureInfo.InvariantCulture));
            }
            else if (value is IEnumerable<KeyValuePair<string, object>>)
            {
                Members(text, (IEnumerable<KeyValuePair<string, object>>)value);
            }
            else if (value is IEnumerable)
            {
                Items(text, (IEnumerable)value);
            }
            else
            {
                throw Errors.Create(Status.InvalidArgument, "JSON: " + value.GetType().Name + " cannot be written");
            }
        }

        private static void Real(StringBuilder text, double value, string digits)
        {
            if (double.IsNaN(value) || double.IsInfinity(value))
            {
                throw Errors.Create(Status.InvalidArgument, "JSON: " + digits + " is no number; write it as a text");
            }
            text.Append(digits);
        }

        private static void Members(StringBuilder text, IEnumerable<KeyValuePair<string, object>> members)
        {
            char before = '{';
            foreach (KeyValuePair<string, object> member in members)
            {
                text.Append(before);
                Quote(text, member.Key);
                text.Append(':');
                Append(text, member.Value);
                before = ',';
            }
            text.Append(before == '{' ? "{}" : "}");
        }

        private static void Items(StringBuilder text, IEnumerable items)
        {
            char before = '[';
            foreach (object item in items)
            {
                text.Append(before);
                Append(text, item);
                before = ',';
            }
            text.Append(before == '[' ? "[]" : "]");
        }

        private static void Quote(StringBuilder text, string words)
        {
            text.Append('"');
            foreach (char c in words)
            {
                if (c == '"' || c == '\\')
                {
                    text.Append('\\').Append(c);
                }
                else if (c < ' ')
                {
                    text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
                }
                else
                {
                    text.Append(c);
                }
            }
            text.Append('"');
        }
    }
}
