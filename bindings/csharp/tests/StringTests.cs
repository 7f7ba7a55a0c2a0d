// Strings and arrays of strings on every store, of every script, with NUL and of no length.
//
// Invariant: what goes in comes out. Not here: keys and paths (NodeTests.cs).

using System.Linq;

namespace DataStorage.Tests
{
    internal static class StringTests
    {
        private static readonly string[] Words =
        {
            "", "top", "Gehäuse", "歯車", "деталь", "\U0001F529 bolt", "with\0nul", "line\nfeed\t\"quoted\"", new string('x', 100000)
        };

        internal static Case[] Cases() => new[]
        {
            new Case("one string", One),
            new Case("arrays of strings", Many),
            new Case("parts of arrays of strings", Parts)
        };

        private static void One()
        {
            foreach (Store store in Stores.Each("string"))
            {
                using (store)
                {
                    foreach (string word in Words)
                    {
                        store.SaveString("word", word);
                        Check.Equal(word, store.LoadString("word"));
                    }
                    Check.Equal(DType.String, store.Stat("word").DType);
                }
            }
        }

        private static void Many()
        {
            foreach (Store store in Stores.Each("strings"))
            {
                using (store)
                {
                    store.SaveStrings("words", Words);
                    Check.Same(Words, store.LoadStrings("words"));
                    store.SaveStrings("square", Words, 3, 3);
                    Check.Same(new long[] { 3, 3 }, store.Shape("square"));
                    Check.Same(Words, store.LoadStrings("square"));
                    store.SaveStrings("none", new string[0]);
                    Check.Equal(0, store.LoadStrings("none").Length);
                    store.SaveStrings("many", Enumerable.Range(0, 20000).Select(i => "face " + i).ToArray());
                    Check.Equal("face 19999", store.LoadStrings("many")[19999]);
                }
            }
        }

        private static void Parts()
        {
            foreach (Store store in Stores.Each("string_parts"))
            {
                using (store)
                {
                    store.Create("words", DType.String, new long[] { 4 }, new Options { ["fill_value"] = "-" });
                    store.SaveStringsRegion("words", new long[] { 1 }, new[] { "top", "b\0ttom" });
                    store.AppendStrings("words", new[] { "last" });
                    Check.Same(new[] { "-", "top", "b\0ttom", "-", "last" }, store.LoadStrings("words"));
                    Check.Same(new[] { "b\0ttom", "-" }, store.LoadStringsRegion("words", new long[] { 2 }, new long[] { 2 }));
                }
            }
        }
    }
}
