// The options of a store by property: their names against docs/options.md, and what some of them do.
//
// Invariant: every option of a store in the document has a property, and the other way round. The document lies beside
// the directory of datastorage.h. Not here: what each option means, which the library's own tests check.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text.RegularExpressions;

namespace DataStorage.Tests
{
    internal static class OptionsTests
    {
        internal static Case[] Cases() => new[]
        {
            new Case("the properties are the options of the document", Names),
            new Case("setting, reading and removing", Members),
            new Case("what they do to a store", Effects)
        };

        private static IEnumerable<PropertyInfo> Properties() =>
            typeof(Options).GetProperties().Where(property => property.GetIndexParameters().Length == 0);

        private static string NameOf(PropertyInfo property) => Regex.Replace(property.Name, "(?<!^)([A-Z])", "_$1").ToLowerInvariant();

        private static void Names()
        {
            string include = System.IO.Path.GetDirectoryName(Environment.GetEnvironmentVariable("DATASTORAGE_HEADER"));
            string document = File.ReadAllText(System.IO.Path.Combine(include, "../docs/options.md"));
            string ofStores = document.Substring(0, document.IndexOf("## Of a copy", StringComparison.Ordinal));
            string[] wanted = Regex.Matches(ofStores, @"^\| `(\w+)` \|", RegexOptions.Multiline).Cast<Match>()
                .Select(match => match.Groups[1].Value).ToArray();
            Check.True(wanted.Length > 15, "the document has only " + wanted.Length + " options");
            Check.Same(wanted.OrderBy(name => name, StringComparer.Ordinal), Properties().Select(NameOf).OrderBy(name => name, StringComparer.Ordinal));
            foreach (PropertyInfo property in Properties())
            {
                var options = new Options();
                object value = property.PropertyType == typeof(string) ? (object)"x" : property.PropertyType == typeof(bool?) ? true : (object)5L;
                property.SetValue(options, value, null);
                Check.Equal(value, options[NameOf(property)]);
                Check.Equal(value, property.GetValue(options, null));
            }
        }

        private static void Members()
        {
            var options = new Options { Mode = "w", Mmap = true, ZarrFormat = 3, ["threads"] = 2 };
            Check.Equal("{\"mode\":\"w\",\"mmap\":true,\"zarr_format\":3,\"threads\":2}", options.ToString());
            options.Mmap = null;
            options.ZarrFormat = null;
            options.ShardElements = null;
            Check.Equal("{\"mode\":\"w\",\"threads\":2}", options.ToString());
            options["shard_elements"] = 1000;
            options["mmap"] = "true";
            Check.True(options.ShardElements == 1000 && options.Mmap == null && options.Codec == null && options.ChunkElements == null);
        }

        private static void Effects()
        {
            string directory = Check.Fresh("options");
            var numbers = Enumerable.Range(0, 10000).ToArray();
            string[] files = new[] { (long?)null, 4000L }.Select(shard =>
            {
                string path = directory + "/" + (shard ?? 0) + ".zarr";
                using (Store store = Store.OpenZarr(path, new Options { ZarrFormat = 3, ChunkElements = 1000, ShardElements = shard }))
                {
                    store.Save("x", numbers);
                    store.Flush();
                    Check.Same(numbers, store.Load<int>("x"));
                    Check.True(File.Exists(path + "/zarr.json"));
                    return Directory.GetFiles(path + "/x", "*", SearchOption.AllDirectories).Length.ToString();
                }
            }).ToArray();
            Check.True(int.Parse(files[0]) >= 10 && int.Parse(files[1]) <= 5, "files without and with shards: " + string.Join(", ", files));
            Check.Fails<ArgumentException>(Status.InvalidArgument, "zarr_format",
                () => Store.OpenZarr(directory + "/0.zarr", new Options { ZarrFormat = 4 }));
            Check.Fails<ArgumentException>(Status.InvalidArgument, "mode", () => Store.OpenMemory(new Options { Mode = "q" }));
        }
    }
}
