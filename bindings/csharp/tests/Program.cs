// Runs the groups of tests that the arguments name, or all of them. Exit status 0 when every check held.
//
// Invariant: each group runs in a process of its own under ctest and in any order without arguments.
// Not here: the tests.

using System;
using System.Collections.Generic;
using System.Linq;

namespace DataStorage.Tests
{
    internal static class Program
    {
        private static readonly Dictionary<string, Func<Case[]>> Groups = new Dictionary<string, Func<Case[]>>
        {
            { "header", HeaderTests.Cases },
            { "arrays", ArrayTests.Cases },
            { "strings", StringTests.Cases },
            { "regions", RegionTests.Cases },
            { "views", ViewTests.Cases },
            { "bundles", BundleTests.Cases },
            { "options", OptionsTests.Cases },
            { "nodes", NodeTests.Cases },
            { "metadata", MetadataTests.Cases },
            { "schema", SchemaTests.Cases },
            { "datasets", DatasetTests.Cases },
            { "life", LifeTests.Cases },
            { "progress", ProgressTests.Cases },
            { "wrong_use", WrongUseTests.Cases },
            { "garbage", GarbageTests.Cases },
            { "leaks", LeakTests.Cases },
            { "specification", SpecificationTests.Cases }
        };

        private static int Main(string[] arguments)
        {
            string unknown = arguments.FirstOrDefault(name => !Groups.ContainsKey(name));
            if (unknown != null)
            {
                Console.Error.WriteLine("unknown group '" + unknown + "'; known are " + string.Join(", ", Groups.Keys));
                return 2;
            }
            foreach (string group in arguments.Length > 0 ? arguments : Groups.Keys.ToArray())
            {
                Check.Run(group, Groups[group]());
            }
            return Check.Failures == 0 ? 0 : 1;
        }
    }
}
