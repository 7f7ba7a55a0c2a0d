// The P/Invoke table, the enums and the struct of the binding against datastorage.h, whose path is in the environment
// variable DATASTORAGE_HEADER.
//
// Invariant: every function of the header is in the table, but for the forms of single element types; each has the
// parameters of the C function by name, number and type; each is found in the library.
// Not here: datastorage_dlpack.h, which the binding does not use.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace DataStorage.Tests
{
    internal static class HeaderTests
    {
        private const BindingFlags Hidden = BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance;

        private static readonly Assembly Binding = typeof(Store).Assembly;

        /// <summary>Which .NET types may stand for a C type; a parameter by reference ends in '&amp;'.</summary>
        private static readonly Dictionary<string, string[]> Types = new Dictionary<string, string[]>
        {
            { "void", new[] { "Void" } },
            { "int32_t", new[] { "Int32" } },
            { "uint32_t", new[] { "UInt32" } },
            { "int64_t", new[] { "Int64" } },
            { "uint64_t", new[] { "UInt64" } },
            { "double", new[] { "Double" } },
            { "size_t", new[] { "UIntPtr" } },
            { "ds_status", new[] { "Int32" } },
            { "ds_kind", new[] { "Int32" } },
            { "ds_dtype", new[] { "Int32" } },
            { "ds_scope", new[] { "Int32" } },
            { "ds_level", new[] { "Int32" } },
            { "void *", new[] { "Void*", "IntPtr" } },
            { "char *", new[] { "Byte[]", "IntPtr" } },
            { "char **", new[] { "IntPtr&" } },
            { "char *const *", new[] { "IntPtr[]" } },
            { "size_t *", new[] { "UIntPtr&", "UIntPtr[]" } },
            { "uint64_t *", new[] { "Int64[]", "UInt64*", "UInt64&" } },
            { "int64_t *", new[] { "Int64[]", "Int64*", "Int64&" } },
            { "int32_t *", new[] { "Int32&" } },
            { "ds_kind *", new[] { "Int32&" } },
            { "ds_scope *", new[] { "Int32&" } },
            { "ds_store *", new[] { "StoreHandle" } },
            { "ds_store **", new[] { "StoreHandle&" } },
            { "ds_dataset *", new[] { "DatasetHandle" } },
            { "ds_dataset **", new[] { "DatasetHandle&" } },
            { "ds_buffer *", new[] { "BufferHandle" } },
            { "ds_buffer **", new[] { "BufferHandle&" } },
            { "ds_iter *", new[] { "IterHandle" } },
            { "ds_iter **", new[] { "IterHandle&" } },
            { "ds_schema_builder *", new[] { "SchemaHandle" } },
            { "ds_schema_builder **", new[] { "SchemaHandle&" } },
            { "ds_array_view *", new[] { "ViewHandle" } },
            { "ds_array_view **", new[] { "ViewHandle&" } },
            { "ds_info *", new[] { "ds_info&" } },
            { "ds_progress_fn", new[] { "ds_progress_fn" } },
            { "ds_log_fn", new[] { "ds_log_fn" } },
            { "ds_destroy_fn", new[] { "IntPtr" } }
        };

        internal static Case[] Cases() => new[]
        {
            new Case("every function has the prototype of the header", Prototypes),
            new Case("callbacks have the prototypes of the header", Callbacks),
            new Case("the struct of ds_stat has the fields of the header", InfoStruct),
            new Case("the enums have the numbers of the header", Numbers),
            new Case("a prototype that differs is told", Differences),
            new Case("the package has the version of the header", PackageVersion)
        };

        private static string Header()
        {
            string path = Environment.GetEnvironmentVariable("DATASTORAGE_HEADER");
            Check.True(path != null, "DATASTORAGE_HEADER is not set");
            return File.ReadAllText(path);
        }

        // ---- functions

        private static void Prototypes()
        {
            Dictionary<string, string[]> declared = Declared(Header());
            Dictionary<string, MethodInfo> bound = Bound();
            Check.True(declared.Count > 80, "the header has only " + declared.Count + " functions");
            foreach (string name in declared.Keys.Where(name => !Regex.IsMatch(name, "^ds_(save|load)_[iuf][0-9]+$")))
            {
                Check.True(bound.ContainsKey(name), name + " is in the header and not in the table");
            }
            foreach (MethodInfo method in bound.Values)
            {
                string[] parts;
                Check.True(declared.TryGetValue(method.Name, out parts), method.Name + " is in the table and not in the header");
                if (parts != null)
                {
                    string difference = Difference(method, parts);
                    Check.True(difference == null, difference);
                }
                Marshal.Prelink(method); // throws when the library has no such symbol
            }
        }

        /// <summary>The functions of the table by name; the bare form of a release is the same function.</summary>
        private static Dictionary<string, MethodInfo> Bound() => Table().GetMethods(Hidden).Where(method => method.Name.StartsWith("ds_"))
            .Where(method => Import(method).EntryPoint == method.Name).ToDictionary(method => method.Name);

        private static Type Table() => Binding.GetType("DataStorage.NativeMethods", true);

        private static DllImportAttribute Import(MethodInfo method)
        {
            var import = (DllImportAttribute)method.GetCustomAttributes(typeof(DllImportAttribute), false).Single();
            Check.True(import.Value == "datastorage" && import.CallingConvention == CallingConvention.Cdecl && import.ExactSpelling,
                method.Name + ": wanted the library datastorage, cdecl, the exact name");
            return import;
        }

        /// <summary>Functions of the header by name: "type" of the result, then "type name" of each parameter.</summary>
        private static Dictionary<string, string[]> Declared(string header)
        {
            string text = Regex.Replace(header, @"/\*.*?\*/", "", RegexOptions.Singleline);
            var functions = new Dictionary<string, string[]>();
            foreach (Match match in Regex.Matches(text, @"DS_API\s+([a-z][\w\s]*?\**)\s*\b(ds_\w+)\(([^)]*)\);"))
            {
                IEnumerable<string> parameters = match.Groups[3].Value.Split(',').Select(Tidy).Where(one => one != "void");
                functions.Add(match.Groups[2].Value, new[] { Tidy(match.Groups[1].Value) }.Concat(parameters).ToArray());
            }
            return functions;
        }

        /// <summary>One space between words, "*" behind a space, no const of what is pointed to, no struct.</summary>
        private static string Tidy(string declaration)
        {
            string text = Regex.Replace(declaration, @"^\s*const\s+|\bstruct\s+", "");
            return Regex.Replace(Regex.Replace(text, @"\s+", " "), @"^\s*const\s+", "").Trim();
        }

        private static string Difference(MethodInfo method, string[] parts)
        {
            ParameterInfo[] parameters = method.GetParameters();
            if (parameters.Length != parts.Length - 1)
            {
                return method.Name + ": header has " + (parts.Length - 1) + " parameters, table has " + parameters.Length;
            }
            if (!Fits(parts[0], method.ReturnType) && !(parts[0] == "char *" && method.ReturnType == typeof(IntPtr)))
            {
                return method.Name + ": header gives " + parts[0] + ", table gives " + method.ReturnType.Name;
            }
            for (int i = 0; i < parameters.Length; i++)
            {
                Match wanted = Regex.Match(parts[i + 1], @"^(.*?)\s*(\w+)$");
                string type = wanted.Groups[1].Value, name = wanted.Groups[2].Value;
                bool token = type.EndsWith(" *") && parameters[i].ParameterType == typeof(IntPtr) && method.Name.EndsWith("_free");
                if (name != parameters[i].Name || !(Fits(type, parameters[i].ParameterType) || token))
                {
                    return method.Name + ": header has '" + parts[i + 1] + "', table has '" + parameters[i].ParameterType.Name + " " +
                        parameters[i].Name + "'";
                }
            }
            return null;
        }

        private static bool Fits(string type, Type found)
        {
            string[] names;
            return Types.TryGetValue(type, out names) && names.Contains(found.Name);
        }

        /// <summary>The test itself: each kind of difference is seen.</summary>
        private static void Differences()
        {
            MethodInfo method = Bound()["ds_rename"];
            Check.True(Difference(method, new[] { "ds_status", "ds_store *store", "char *from", "char *to" }) == null);
            Check.Has("header has 2", Difference(method, new[] { "ds_status", "ds_store *store", "char *from" }));
            Check.Has("char *source", Difference(method, new[] { "ds_status", "ds_store *store", "char *source", "char *to" }));
            Check.Has("size_t to", Difference(method, new[] { "ds_status", "ds_store *store", "char *from", "size_t to" }));
            Check.Has("gives uint64_t", Difference(method, new[] { "uint64_t", "ds_store *store", "char *from", "char *to" }));
            Check.Has("new_type", Difference(method, new[] { "ds_status", "ds_store *store", "char *from", "new_type to" }));
        }

        private static void PackageVersion()
        {
            string wanted = Regex.Match(Header(), "#define DS_VERSION_STRING \"(.*)\"").Groups[1].Value;
            string include = System.IO.Path.GetDirectoryName(Environment.GetEnvironmentVariable("DATASTORAGE_HEADER"));
            string project = File.ReadAllText(System.IO.Path.Combine(include, "../bindings/csharp/DataStorage.csproj"));
            Check.Equal(wanted, Regex.Match(project, "<Version>(.*)</Version>").Groups[1].Value);
            Check.Equal(wanted, DataStorageLibrary.Version.ToString());
        }

        // ---- callbacks, struct, numbers

        private static void Callbacks()
        {
            string text = Regex.Replace(Header(), @"/\*.*?\*/", "", RegexOptions.Singleline);
            foreach (string name in new[] { "ds_progress_fn", "ds_log_fn" })
            {
                Match match = Regex.Match(text, @"typedef (\w+) \(\*" + name + @"\)\(([^)]*)\);");
                MethodInfo invoke = Table().GetNestedType(name, BindingFlags.NonPublic).GetMethod("Invoke");
                string difference = Difference(invoke, new[] { match.Groups[1].Value }.Concat(match.Groups[2].Value.Split(',').Select(Tidy)).ToArray());
                Check.True(difference == null, name + ": " + difference);
            }
        }

        private static void InfoStruct()
        {
            string text = Regex.Replace(Header(), @"/\*.*?\*/", "", RegexOptions.Singleline);
            string body = Regex.Match(text, @"typedef struct ds_info \{(.*?)\}", RegexOptions.Singleline).Groups[1].Value;
            string[] wanted = body.Split(';').Select(Tidy).Where(one => one.Length > 0).ToArray();
            FieldInfo[] fields = Binding.GetType("DataStorage.ds_info", true).GetFields(Hidden).OrderBy(field => field.MetadataToken).ToArray();
            Check.Same(wanted.Select(one => one.Split(' ')[1]), fields.Select(field => field.Name));
            for (int i = 0; i < fields.Length && i < wanted.Length; i++)
            {
                Check.True(Fits(wanted[i].Split(' ')[0], fields[i].FieldType), "ds_info: header has '" + wanted[i] + "', struct has " + fields[i]);
            }
        }

        private static void Numbers()
        {
            Dictionary<string, int> defines = Regex.Matches(Header(), @"#define DS_(\w+) \(?(-?\d+)\)?\s").Cast<Match>()
                .ToDictionary(match => match.Groups[1].Value, match => int.Parse(match.Groups[2].Value));
            string[] types = { "BOOL", "I8", "I16", "I32", "I64", "U8", "U16", "U32", "U64", "F16", "F32", "F64", "C64", "C128", "STRING" };
            Same<Status>(defines.Where(one => one.Key.StartsWith("ERR_")).ToDictionary(one => one.Key.Substring(4), one => one.Value), "Ok");
            Same<NodeKind>(defines.Where(one => one.Key.StartsWith("KIND_")).ToDictionary(one => one.Key.Substring(5), one => one.Value), "None");
            Same<MetadataScope>(defines.Where(one => one.Key.StartsWith("SCOPE_")).ToDictionary(one => one.Key.Substring(6), one => one.Value), null);
            Same<LogLevel>(defines.Where(one => one.Key.StartsWith("LOG_")).ToDictionary(one => one.Key.Substring(4), one => one.Value), null);
            Same<DType>(types.ToDictionary(name => name, name => defines[name]), "None");
            Check.Equal((uint)defines["ABI_VERSION"], (uint)Table().GetField("AbiVersion", Hidden).GetRawConstantValue());
            Check.Equal(defines["MAX_NDIM"], (int)Table().GetField("MaxNdim", Hidden).GetRawConstantValue());
            Check.Equal(defines["OK"], (int)Table().GetField("Ok", Hidden).GetRawConstantValue());
            Check.Equal(defines["DONE"], (int)Table().GetField("Done", Hidden).GetRawConstantValue());
        }

        /// <summary>The enum has these names, without their underscores, and these numbers; and one more for 0.</summary>
        private static void Same<E>(Dictionary<string, int> wanted, string zero)
        {
            Dictionary<string, int> found = Enum.GetValues(typeof(E)).Cast<object>().ToDictionary(one => one.ToString().ToUpperInvariant(), one => (int)one);
            if (zero != null)
            {
                Check.Equal(0, found[zero.ToUpperInvariant()]);
                found.Remove(zero.ToUpperInvariant());
            }
            Check.Same(wanted.Select(one => one.Key.Replace("_", "") + "=" + one.Value).OrderBy(one => one),
                found.Select(one => one.Key + "=" + one.Value).OrderBy(one => one));
        }
    }
}
